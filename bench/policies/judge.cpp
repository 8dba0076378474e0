#include "policies/judge.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace tenfold::bench {

namespace {

using namespace std::chrono_literals;
using core::PolicyKind;
using core::Settings;

constexpr std::uint64_t kSeeds = 5;
// A grid is searched on one seed; the best of it is run on all.
constexpr std::uint64_t kSearchSeeds = 1;
// A percentile that is above the target by less than this is on it.
constexpr double kTolerance = 1.0005;

double seconds(core::Duration span) { return std::chrono::duration<double>{span}.count(); }

void set_target(Settings& s, double target) {
  s.scale.rules = {{.name = "http", .kind = core::RuleKind::kHttp, .target = target}};
}

struct Candidate {
  PolicyKind policy;
  Setting setting;
};

std::vector<Candidate> defaults() {
  const auto nothing = [](Settings&) {};
  return {{PolicyKind::kAca, {"aca", nothing}},
          {PolicyKind::kHpa, {"hpa", nothing}},
          {PolicyKind::kKnative, {"knative", nothing}}};
}

// Over targets, windows and periods. Targets are shares of a replica's slots.
std::vector<Candidate> grid(std::uint32_t slots) {
  std::vector<Candidate> all;
  for (const double share : {1.0, 0.8, 0.6, 0.4}) {
    for (const auto window : {0s, 5s, 30s, 300s}) {
      for (const auto period : {1s, 15s}) {
        all.push_back({PolicyKind::kHpa,
                       {fmt::format("hpa {:g}, window {} s, every {} s", share, window.count(), period.count()),
                        [=](Settings& s) {
                          set_target(s, share * slots);
                          s.scale.hpa.sync_period = period;
                          s.scale.hpa.scale_down.stabilization_window = window;
                        }}});
      }
    }
    for (const auto window : {15s, 300s}) {
      all.push_back({PolicyKind::kAca, {fmt::format("aca {:g}, window {} s", share, window.count()), [=](Settings& s) {
                                          set_target(s, share * slots);
                                          s.scale.aca.metric = core::AcaMetric::kInFlight;
                                          s.scale.aca.evaluation_interval = 1s;
                                          s.scale.aca.scale_down_stabilization = window;
                                        }}});
    }
  }
  for (const double percent : {100.0, 85.0, 70.0, 50.0}) {
    for (const auto window : {6s, 60s}) {
      all.push_back({PolicyKind::kKnative,
                     {fmt::format("knative {:g} %, window {} s", percent, window.count()), [=](Settings& s) {
                        s.scale.knative.container_concurrency_target_percentage = percent;
                        s.scale.knative.stable_window = window;
                      }}});
    }
  }
  return all;
}

// What is compared with: slo's own run, and what counts as quick.
struct Quick {
  double p95_s = 0;
  bool is(const Run& run) const { return run.p95_s <= p95_s; }
};

std::optional<Run> cheapest(const Case& c, const std::vector<Candidate>& candidates, Quick quick) {
  std::vector<std::pair<Run, const Candidate*>> found;
  for (const Candidate& candidate : candidates) {
    Run one = run(c, candidate.policy, candidate.setting, kSearchSeeds);
    if (quick.is(one)) found.emplace_back(std::move(one), &candidate);
  }
  std::ranges::sort(found, {}, [](const auto& one) { return one.first.replica_s; });
  std::optional<Run> best;
  // The best on one seed need not be the best on all.
  constexpr std::size_t kFinalists = 3;
  for (std::size_t i = 0; i < std::min(kFinalists, found.size()); ++i) {
    const Run one = run(c, found[i].second->policy, found[i].second->setting, kSeeds);
    if (quick.is(one) && (!best || one.replica_s < best->replica_s)) best = one;
  }
  return best;
}

Run run_constant(const Case& c, std::uint32_t count) {
  return run(c, PolicyKind::kAca,
             {fmt::format("constant {}", count),
              [count](Settings& s) { s.scale.min_replicas = s.scale.max_replicas = count; }},
             kSeeds);
}

// More replicas are never slower.
std::optional<Run> fewest_constant(const Case& c, Quick quick) {
  std::optional<Run> best;
  std::uint32_t low = 1;
  std::uint32_t high = c.max + 1;
  while (low < high) {
    const std::uint32_t middle = (low + high) / 2;
    Run one = run_constant(c, middle);
    if (quick.is(one)) {
      best = std::move(one);
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return best;
}

}  // namespace

double Judged::best_s() const {
  double best = std::numeric_limits<double>::infinity();
  for (const auto* one : {&constant, &at_defaults, &tuned})
    if (*one) best = std::min(best, (*one)->replica_s);
  return best;
}

Judged judge(const Case& c) {
  Judged judged{.slo = run(c, PolicyKind::kSlo, {"slo", [](Settings&) {}}, kSeeds)};
  const double target_s = seconds(c.target) * kTolerance;
  const Quick quick{.p95_s = std::max(target_s, judged.slo.p95_s)};
  judged.constant = fewest_constant(c, quick);
  judged.at_defaults = cheapest(c, defaults(), quick);
  judged.tuned = cheapest(c, grid(c.slots), quick);
  judged.is_reachable = judged.slo.p95_s <= target_s || fewest_constant(c, {.p95_s = target_s}).has_value();
  return judged;
}

}  // namespace tenfold::bench
