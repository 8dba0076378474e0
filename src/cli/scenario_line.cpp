#include "cli/scenario_line.hpp"

#include <atomic>
#include <charconv>
#include <csignal>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "config/units.hpp"
#include "sim/trace_time.hpp"

namespace tenfold::cli {

namespace {

double seconds(core::Duration span) { return std::chrono::duration<double>{span}.count(); }

report::Percentiles to_percentiles(const sim::Distribution& d) {
  return {.count = d.count(),
          .min_s = d.min_s(),
          .mean_s = d.mean_s(),
          .p50_s = d.percentile_s(0.50),
          .p90_s = d.percentile_s(0.90),
          .p95_s = d.percentile_s(0.95),
          .p99_s = d.percentile_s(0.99),
          .max_s = d.max_s()};
}

std::atomic<bool> interrupted = false;

}  // namespace

void ScenarioLine::add_to(CLI::App& command) {
  command.add_option("--workload", scenario_.workload, "who comes when [burst:n=100]")->type_name("SPEC");
  command.add_option("--service", scenario_.service, "how long a request takes in a slot [exponential:mean=500ms]")
      ->type_name("SPEC");
  command.add_option("--cold-start", scenario_.cold_start, "from a replica's start until it is ready [constant:1s]")
      ->type_name("SPEC");
  command.add_option("--patience", scenario_.patience, "from a request's arrival until its client leaves [never]")
      ->type_name("SPEC");
  command.add_option("--requests", requests_, "requests at most [100000 of a workload that does not end]")
      ->type_name("N");
  command
      .add_option("--duration", duration_,
                  "how long requests come, and how long replicas are counted [until the last request ends]")
      ->type_name("TIME");
  command
      .add_option("--begin", begin_,
                  "the wall clock when it begins, for schedule rules, in UTC [2026-01-05T00:00:00Z, a Monday]")
      ->type_name("TIME");
  command.add_option("--seed", scenario_.seed, "of all random numbers: the same seed is the same run [1]")
      ->type_name("N");
}

std::expected<sim::Scenario, std::string> ScenarioLine::read() const {
  sim::Scenario scenario = scenario_;
  if (!requests_.empty()) {
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(requests_.data(), requests_.data() + requests_.size(), count);
    if (error != std::errc{} || end != requests_.data() + requests_.size() || count == 0) {
      return std::unexpected(fmt::format("--requests: '{}' is no whole number above zero", requests_));
    }
    scenario.requests = count;
  }
  if (!duration_.empty()) {
    const auto duration = config::parse_duration(duration_);
    if (!duration) return std::unexpected("--duration: " + duration.error());
    scenario.duration = *duration;
  }
  if (!begin_.empty()) {
    const auto nanoseconds = sim::parse_time(begin_);
    if (!nanoseconds)
      return std::unexpected(fmt::format("--begin: '{}' is no time; write 2026-01-05T08:00:00Z", begin_));
    scenario.begins_at = std::chrono::duration_cast<std::chrono::seconds>(*nanoseconds);
  }
  return scenario;
}

// Azure bills a replica as active while it has a request and as idle, at a lower price of its CPU, while it has none.
double cost_of(const sim::Result& result, const config::AppConfig& app) {
  const config::Prices prices = app.prices.value_or(config::Prices{});
  const core::ReplicaSettings& replica = app.core.replica;
  const double gib =
      static_cast<double>(core::to_number(replica.memory)) / static_cast<double>(core::to_number(core::gibibytes(1)));
  const double idle_s = result.replica_s - result.busy_replica_s;
  return replica.cpu * (result.busy_replica_s * prices.vcpu_second_active + idle_s * prices.vcpu_second_idle) +
         gib * result.replica_s * prices.gib_second;
}

std::string cost_unit(const config::AppConfig& app) { return app.prices.value_or(config::Prices{}).currency; }

std::vector<std::string_view> not_simulated() {
  return {"port", "address", "admin-port", "env", "max-body", "max-head", "journal", "retry", "class-by"};
}

report::Summary to_summary(const sim::Result& result, const config::AppConfig& app, std::string label) {
  report::Summary summary{.policy = std::move(label),
                          .wait = to_percentiles(result.wait),
                          .total = to_percentiles(result.total),
                          .p_wait = result.p_wait(),
                          .makespan_s = seconds(result.makespan),
                          .mean_completion_s = seconds(result.mean_completion),
                          .replica_seconds = result.replica_s,
                          .answered = result.answered,
                          .rejected = result.rejected,
                          .left = result.left,
                          .requests = result.requests,
                          .decisions = result.decisions,
                          .starts = result.starts,
                          .most_replicas = result.most_replicas};
  if (result.wall_s > 0) summary.simulated_requests_per_s = static_cast<double>(result.requests) / result.wall_s;
  summary.cost = cost_of(result, app);
  summary.cost_unit = cost_unit(app);
  return summary;
}

InterruptGuard::InterruptGuard() {
  interrupted = false;
  std::signal(SIGINT, [](int) { interrupted = true; });
}
InterruptGuard::~InterruptGuard() { std::signal(SIGINT, SIG_DFL); }
bool InterruptGuard::was_interrupted() { return interrupted; }

}  // namespace tenfold::cli
