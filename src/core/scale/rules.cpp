#include "core/scale/rules.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/queue/request_table.hpp"

namespace tenfold::core {

namespace {

constexpr double kPercent = 100;

std::optional<double> mean_percent(const ReplicaSet& replicas, double (*used)(const ReplicaRecord&), double limit) {
  double sum = 0;
  std::uint32_t count = 0;
  for (const Slot slot : replicas.by_age()) {
    const ReplicaRecord& replica = replicas[slot];
    if (replica.state != ReplicaState::kReady || replica.sampled == TimePoint{}) continue;
    sum += used(replica);
    ++count;
  }
  if (count == 0 || limit <= 0) return std::nullopt;
  return kPercent * sum / (count * limit);
}

// By nearest rank: the one of which at least 95 % have waited no longer.
double p95_wait_s(const Situation& situation) {
  const std::uint32_t waiting = situation.requests.waiting();
  if (waiting == 0) return 0;
  std::vector<TimePoint> arrived;
  arrived.reserve(waiting);
  situation.requests.for_each_waiting([&](const RequestRecord& request) { arrived.push_back(request.arrived); });
  const auto rank = static_cast<std::ptrdiff_t>(std::ceil(0.95 * waiting));
  // The longest wait is the earliest arrival.
  const auto nth = arrived.begin() + (static_cast<std::ptrdiff_t>(waiting) - rank);
  std::ranges::nth_element(arrived, nth);
  return to_seconds(situation.now - *nth);
}

}  // namespace

std::optional<double> level_of(const Situation& situation, const Settings& settings, std::uint32_t rule) {
  const ScaleRule& r = settings.scale.rules[rule];
  switch (r.kind) {
    case RuleKind::kCpu:
      return mean_percent(
          situation.replicas, [](const ReplicaRecord& replica) { return replica.cpus; }, settings.replica.cpu);
    case RuleKind::kMemory:
      return mean_percent(
          situation.replicas,
          [](const ReplicaRecord& replica) { return static_cast<double>(to_number(replica.memory)); },
          static_cast<double>(to_number(settings.replica.memory)));
    case RuleKind::kQueueWait:
      return p95_wait_s(situation);
    case RuleKind::kCustom:
    case RuleKind::kSchedule: {
      const MetricRecord& metric = situation.metrics[rule];
      if (!metric.was_observed || situation.now - metric.at > r.keep) return std::nullopt;
      return metric.value;
    }
    case RuleKind::kHttp:
    case RuleKind::kTcp:
    case RuleKind::kRps:
      break;
  }
  return std::nullopt;
}

Ask largest_level_ask(const Situation& situation, const Settings& settings) {
  Ask largest;
  for (std::uint32_t rule = 0; rule < settings.scale.rules.size(); ++rule) {
    const ScaleRule& r = settings.scale.rules[rule];
    if (is_traffic(r.kind)) continue;
    const auto level = level_of(situation, settings, rule);
    if (!level) continue;
    const double total = is_per_replica(r.kind) ? *level * situation.current() : *level;
    const std::uint32_t replicas = replicas_for(total, r.target);
    if (largest.rule != kNoRule && replicas <= largest.replicas) continue;
    largest = {.rule = rule, .measures = r.kind, .metric = *level, .target = r.target, .replicas = replicas};
  }
  return largest;
}

std::uint32_t replicas_for(double value, double target) {
  if (!(value > 0) || !(target > 0)) return 0;
  return static_cast<std::uint32_t>(std::min(std::ceil(value / target - 1e-9), double{kMaxReplicas}));
}

}  // namespace tenfold::core
