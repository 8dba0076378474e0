#include "policies/run.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

namespace tenfold::bench {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kFirstSeed = 7;

config::AppConfig app_of(const Case& c, core::PolicyKind policy, const Setting& setting) {
  config::AppConfig app;
  app.core.scale.min_replicas = c.min;
  app.core.scale.max_replicas = c.max;
  app.core.scale.policy = policy;
  app.core.scale.slo.target = c.target;
  app.core.queue.max_waiting = 1'000'000;
  app.core.replica.concurrency = c.slots;
  app.core.replica.cpu = c.cpu;
  app.core.machine.cores = c.cores;
  app.request_timeout = 24h;
  setting.apply(app.core);
  return app;
}

}  // namespace

Run run(const Case& c, core::PolicyKind policy, const Setting& setting, std::uint64_t seeds) {
  const config::AppConfig app = app_of(c, policy, setting);
  Run sum{.words = setting.words};
  for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + seeds; ++seed) {
    sim::Scenario scenario = c.scenario;
    scenario.seed = seed;
    const auto result = sim::run_scenario(app, scenario);
    if (!result) {
      fmt::print(stderr, "{}: {}\n", c.name, result.error());
      std::exit(1);
    }
    const double n = static_cast<double>(seeds);
    const double at_least_s = c.min * std::chrono::duration<double>{result->duration}.count();
    const bool is_slot_a_replica = c.slots == 1;
    sum.replica_s += result->replica_s / n;
    sum.p95_s += result->wait.percentile_s(0.95) / n;
    sum.starts += static_cast<double>(result->starts) / n;
    sum.bound_s += std::max(at_least_s, is_slot_a_replica ? result->busy_replica_s : 0) / n;
  }
  return sum;
}

}  // namespace tenfold::bench
