// The scale policies judged: each at its defaults and at its tuned best, over a suite of workloads, by simulation.
//
//   bench_policies [NAME...] [--json FILE]      all workloads, or those whose names contain one of NAME
//
// The objective is the same for all: the 95th percentile of the wait at or below half a second. A policy's tuned best
// is the setting of its grid that meets it with the fewest replica-seconds; where none does, the one with the smallest
// p95.
#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/scenario.hpp"

namespace {

using namespace tenfold;
using namespace std::chrono_literals;

constexpr double kObjective = 0.5;

struct Case {
  std::string name;
  sim::Scenario scenario;
  std::uint32_t max = 50;
};

sim::Scenario scenario(std::string workload, std::string service, std::string cold_start, core::Duration duration) {
  return {.workload = std::move(workload),
          .service = std::move(service),
          .cold_start = std::move(cold_start),
          .duration = duration,
          .seed = 7};
}

std::vector<Case> suite() {
  return {
      {"burst of 100", scenario("burst:n=100", "constant:100ms", "constant:100ms", 10min), 10},
      {"bursts, every 2 min", scenario("burst:n=100,every=2min,times=30", "constant:100ms", "constant:200ms", 1h), 20},
      {"poisson 15/s", scenario("poisson:rate=15", "exponential:mean=500ms", "constant:1s", 1h)},
      {"poisson 2/s, long", scenario("poisson:rate=2", "exponential:mean=2s", "constant:2s", 2h)},
      {"poisson, wild service", scenario("poisson:rate=20", "lognormal:mean=300ms,scv=4", "constant:1s", 1h)},
      {"bimodal service", scenario("poisson:rate=20", "bimodal:short=20ms,long=1s,share=0.8", "constant:500ms", 1h)},
      {"steps", scenario("steps:rates=5/25/10,every=5min", "exponential:mean=400ms", "constant:1s", 1h)},
      {"ramp", scenario("ramp:from=1,to=40,over=30min", "exponential:mean=400ms", "constant:1s", 30min)},
      {"on/off", scenario("onoff:rate=40,on=30s,off=90s", "exponential:mean=200ms", "constant:200ms", 1h)},
      {"on/off, zygote", scenario("onoff:rate=40,on=30s,off=90s", "exponential:mean=200ms", "constant:2ms", 1h)},
      {"diurnal, noisy",
       scenario("diurnal:mean=10,amplitude=0.8,period=2h,noise=0.2", "exponential:mean=500ms", "constant:2s", 2h)},
      {"sparse", scenario("poisson:rate=3/min", "exponential:mean=1s", "constant:200ms", 2h)},
      {"slow start", scenario("steps:rates=5/20,every=5min", "exponential:mean=500ms", "constant:10s", 2h)},
      {"cold start varies",
       scenario("steps:rates=5/20,every=5min", "lognormal:mean=500ms,scv=2", "lognormal:mean=1s,scv=0.5", 1h)},
  };
}

struct Setting {
  std::string words;
  std::function<void(core::Settings&)> apply;
};

struct Run {
  std::string words;
  double replica_s = 0;
  double p95_s = 0;
  std::uint64_t starts = 0;
};

Run run(const Case& c, core::PolicyKind policy, const Setting& setting) {
  config::AppConfig app;
  app.core.scale.min_replicas = 1;
  app.core.scale.max_replicas = c.max;
  app.core.scale.policy = policy;
  app.core.queue.max_waiting = 1'000'000;
  app.request_timeout = 24h;
  setting.apply(app.core);
  const auto result = sim::run_scenario(app, c.scenario);
  if (!result) {
    fmt::print(stderr, "{}: {}\n", c.name, result.error());
    std::exit(1);
  }
  return {.words = setting.words,
          .replica_s = result->replica_s,
          .p95_s = result->wait.percentile_s(0.95),
          .starts = result->starts};
}

void set_target(core::Settings& s, double target) {
  s.scale.rules = {{.name = "http", .kind = core::RuleKind::kHttp, .target = target}};
}

const std::vector<std::uint32_t> kMins{1, 2, 4, 8};

std::vector<Setting> grid(core::PolicyKind policy) {
  std::vector<Setting> all;
  for (const std::uint32_t min : kMins) {
    const auto add = [&](const std::string& words, const std::function<void(core::Settings&)>& apply) {
      all.push_back({fmt::format("min {}, {}", min, words), [=](core::Settings& s) {
                       s.scale.min_replicas = std::min(min, s.scale.max_replicas);
                       apply(s);
                     }});
    };
    switch (policy) {
      case core::PolicyKind::kAca:
        for (const double target : {0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 5.0}) {
          for (const auto metric : {core::AcaMetric::kRate, core::AcaMetric::kInFlight}) {
            add(fmt::format("{} {:g}", metric == core::AcaMetric::kRate ? "rate" : "inflight", target),
                [=](core::Settings& s) {
                  set_target(s, target);
                  s.scale.aca.metric = metric;
                });
          }
        }
        break;
      case core::PolicyKind::kHpa:
        for (const double target : {0.3, 0.5, 0.6, 0.7, 0.8, 1.0, 1.5}) {
          for (const auto window : {0s, 15s, 60s, 300s}) {
            add(fmt::format("target {:g}, window {} s", target, window.count()), [=](core::Settings& s) {
              set_target(s, target);
              s.scale.hpa.scale_down.stabilization_window = window;
            });
          }
        }
        break;
      case core::PolicyKind::kKnative:
        for (const double percent : {40.0, 55.0, 70.0, 85.0, 100.0, 150.0}) {
          for (const auto window : {6s, 15s, 60s}) {
            for (const double panic : {110.0, 200.0, 1000.0}) {
              add(fmt::format("{:g} %, window {} s, panic {:g} %", percent, window.count(), panic),
                  [=](core::Settings& s) {
                    s.scale.knative.container_concurrency_target_percentage = percent;
                    s.scale.knative.stable_window = window;
                    s.scale.knative.panic_threshold_percentage = panic;
                  });
            }
          }
        }
        break;
      case core::PolicyKind::kSlo:
        for (const auto target : {500ms, 400ms, 250ms, 100ms}) {
          add(fmt::format("target {} ms", target.count()), [=](core::Settings& s) { s.scale.slo.target = target; });
        }
        break;
    }
  }
  return all;
}

bool is_better(const Run& a, const Run& b) {
  const bool a_meets = a.p95_s <= kObjective;
  const bool b_meets = b.p95_s <= kObjective;
  if (a_meets != b_meets) return a_meets;
  return a_meets ? a.replica_s < b.replica_s : a.p95_s < b.p95_s;
}

struct Judged {
  Run defaults;
  Run tuned;
};

Judged judge(const Case& c, core::PolicyKind policy) {
  const auto nothing = [](core::Settings&) {};
  Judged judged{.defaults = run(c, policy, {"defaults", nothing})};
  judged.tuned = judged.defaults;
  for (const Setting& setting : grid(policy)) {
    Run one = run(c, policy, setting);
    if (is_better(one, judged.tuned)) judged.tuned = std::move(one);
  }
  return judged;
}

constexpr std::array<const char*, core::kPolicyKinds> kNames{"aca", "hpa", "knative", "slo"};

void print_row(const char* name, const char* how, const Run& r) {
  fmt::print("  {:8} {:9} {:10.0f} {}{:9.3f} {:8}   {}\n", name, how, r.replica_s, r.p95_s <= kObjective ? ' ' : '!',
             r.p95_s, r.starts, r.words);
}

struct CaseResult {
  std::string name;
  std::vector<Judged> policies;  // as kNames
};

// Of the policies other than slo, by `which` of their runs, the fewest replica-seconds of one that does as well by the
// objective as slo does without any tuning. None where no other is as quick.
std::optional<double> cheapest_other(const CaseResult& result, Run Judged::* which) {
  const double slo_p95_s = result.policies.back().defaults.p95_s;
  std::optional<double> best;
  for (std::size_t k = 0; k + 1 < result.policies.size(); ++k) {
    const Run& other = result.policies[k].*which;
    if (other.p95_s <= std::max(kObjective, slo_p95_s))
      best = std::min(best.value_or(other.replica_s), other.replica_s);
  }
  return best;
}

// slo, untuned, beside the others over all workloads.
struct Score {
  int workloads = 0;
  int saves_by_default = 0;  // at least 30 %, beside the best other at its defaults
  int saves_by_tuning = 0;   // the same, beside the best other at its tuned best
  int worse = 0;             // by more than 5 %, beside the latter
};

std::string beside(double slo_s, std::optional<double> other_s) {
  return other_s ? fmt::format("{:.0f} ({:+.0f} %)", *other_s, 100 * (slo_s / *other_s - 1)) : "none as quick";
}

void count(const CaseResult& result, Score& score) {
  const double slo_s = result.policies.back().defaults.replica_s;
  const auto by_default = cheapest_other(result, &Judged::defaults);
  const auto by_tuning = cheapest_other(result, &Judged::tuned);
  const bool is_worse = by_tuning && slo_s > 1.05 * *by_tuning;
  ++score.workloads;
  score.saves_by_default += !by_default || slo_s <= 0.7 * *by_default;
  score.saves_by_tuning += !by_tuning || slo_s <= 0.7 * *by_tuning;
  score.worse += is_worse;
  fmt::print("  slo {:.0f} replica-s; the cheapest other that is as quick: at its defaults {}, tuned {}{}\n\n", slo_s,
             beside(slo_s, by_default), beside(slo_s, by_tuning), is_worse ? " WORSE" : "");
}

CaseResult judge(const Case& c) {
  fmt::print("{}: {}, service {}, cold start {}\n", c.name, c.scenario.workload, c.scenario.service,
             c.scenario.cold_start);
  fmt::print("  policy   setting   replica-s  p95 wait   starts   (! above {:g} s)\n", kObjective);
  CaseResult result{.name = c.name, .policies = {}};
  for (std::size_t k = 0; k < core::kPolicyKinds; ++k) {
    const Judged& judged = result.policies.emplace_back(judge(c, static_cast<core::PolicyKind>(k)));
    print_row(kNames[k], "defaults", judged.defaults);
    print_row(kNames[k], "tuned", judged.tuned);
    std::fflush(stdout);
  }
  return result;
}

// Names and settings have neither quotes nor backslashes.
std::string to_json(const Run& r) {
  return fmt::format(R"({{"setting": "{}", "replica_seconds": {}, "p95_wait_s": {}, "starts": {}}})", r.words,
                     r.replica_s, r.p95_s, r.starts);
}

std::string to_json(const CaseResult& result) {
  std::string policies;
  for (std::size_t k = 0; k < result.policies.size(); ++k) {
    const Judged& judged = result.policies[k];
    policies += fmt::format(R"({}"{}": {{"defaults": {}, "tuned": {}}})", k > 0 ? ", " : "", kNames[k],
                            to_json(judged.defaults), to_json(judged.tuned));
  }
  return fmt::format("\"{}\": {{{}}}", result.name, policies);
}

bool write_json(const std::string& file, const std::vector<CaseResult>& results) {
  std::ofstream out{file};
  out << '{';
  for (std::size_t i = 0; i < results.size(); ++i) out << (i > 0 ? ",\n" : "") << to_json(results[i]);
  out << "}\n";
  return out.good();
}

struct Arguments {
  std::vector<std::string> names;
  std::string json;
};

std::optional<Arguments> read_arguments(const std::vector<std::string>& words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != "--json") {
      arguments.names.push_back(words[i]);
    } else if (++i < words.size()) {
      arguments.json = words[i];
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

bool is_chosen(const Case& c, const std::vector<std::string>& names) {
  return names.empty() || std::ranges::any_of(names, [&](const std::string& name) { return c.name.contains(name); });
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = read_arguments({argv + 1, argv + argc});
  if (!arguments) {
    fmt::print(stderr, "bench_policies: --json needs the file's name\n");
    return 2;
  }
  Score score;
  std::vector<CaseResult> results;
  for (const Case& c : suite()) {
    if (!is_chosen(c, arguments->names)) continue;
    count(results.emplace_back(judge(c)), score);
  }
  fmt::print(
      "{} workloads: slo, untuned, uses at least 30 % fewer replica-seconds than the best other at its defaults in {}, "
      "than the best other tuned in {}; more than 5 % worse than the best tuned in {}\n",
      score.workloads, score.saves_by_default, score.saves_by_tuning, score.worse);
  if (arguments->json.empty() || write_json(arguments->json, results)) return 0;
  fmt::print(stderr, "bench_policies: {} cannot be written\n", arguments->json);
  return 1;
}
