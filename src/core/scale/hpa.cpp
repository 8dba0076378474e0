#include "core/scale/hpa.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/queue/request_table.hpp"
#include "core/scale/rules.hpp"

namespace tenfold::core {

namespace {

constexpr double kPercent = 100;

bool is_resource(RuleKind kind) { return kind == RuleKind::kCpu || kind == RuleKind::kMemory; }

// Kubernetes reckons in whole thousandths: what is less is noise, and a ceiling would make a replica of it.
std::int64_t thousandths(double value) { return std::llround(value * 1e3); }

}  // namespace

struct HpaPolicy::Proposals {
  std::uint32_t rule = kNoRule;
  HpaProposal most;
  bool is_any_missing = false;
  // A rule other than cpu and memory has something to ask for; or there is no such rule.
  bool is_active = false;
};

HpaPolicy::HpaPolicy(const Settings& settings) : settings_{settings} {
  if (!settings_.scale.rules.empty()) return;
  settings_.scale.rules.push_back({.kind = RuleKind::kHttp, .target = kDefaultConcurrentRequests});
  is_default_rule_ = true;
}

void HpaPolicy::start(const Situation& situation) {
  state_ = {};
  begin_window(situation);
}

Evaluation HpaPolicy::evaluate(const Situation& situation) {
  const std::uint32_t current = situation.current();
  const Proposals proposals = ask_all(situation);
  remember_change(situation.now, current);
  begin_window(situation);

  Evaluation evaluation = evaluation_of(proposals);
  const bool would_shrink = evaluation.stabilized < current;
  if (current == 0) {
    activate(proposals, evaluation);
  } else if (proposals.rule == kNoRule || (proposals.is_any_missing && would_shrink)) {
    evaluation.stabilized = current;
    evaluation.limit = Limit::kMissing;
  } else {
    decide_on_zero(proposals, evaluation);
    stabilize(situation.now, current, evaluation);
    limit_rate(situation.now, current, evaluation);
  }
  return evaluation;
}

// By metrics, targets and tolerance.
Evaluation HpaPolicy::evaluation_of(const Proposals& proposals) const {
  const std::uint32_t shown = proposals.rule == kNoRule ? 0 : proposals.rule;
  const ScaleRule& rule = settings_.scale.rules[shown];
  const HpaProposal& most = proposals.most;
  return {.rule = is_default_rule_ ? kNoRule : shown,
          .measures = rule.kind,
          .metric = most.value,
          .target = rule.target,
          .recommended = most.bare,
          .stabilized = most.replicas,
          .limit = most.replicas != most.bare ? Limit::kTolerance : Limit::kNone};
}

// KEDA's half: from none it brings one, and the rest is for the next evaluation.
void HpaPolicy::activate(const Proposals& proposals, Evaluation& evaluation) {
  evaluation.stabilized = proposals.is_active && evaluation.recommended > 0 ? 1 : 0;
  evaluation.limit = evaluation.stabilized < evaluation.recommended ? Limit::kStep : Limit::kNone;
}

// The last replica stays while there is anything to do; what it uses while there is not keeps nothing.
void HpaPolicy::decide_on_zero(const Proposals& proposals, Evaluation& evaluation) {
  if (proposals.is_active) {
    evaluation.stabilized = std::max(1U, evaluation.stabilized);
  } else if (evaluation.stabilized <= 1) {
    evaluation.recommended = evaluation.stabilized = 0;
    evaluation.limit = Limit::kNone;
  }
}

HpaPolicy::Proposals HpaPolicy::ask_all(const Situation& situation) const {
  const auto& rules = settings_.scale.rules;
  Proposals proposals;
  proposals.is_active = situation.requests.waiting() + situation.requests.running() > 0 ||
                        std::ranges::all_of(rules, [](const ScaleRule& rule) { return is_resource(rule.kind); });
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const auto proposal = ask(situation, i);
    if (!proposal) {
      proposals.is_any_missing = true;
      continue;
    }
    if (!is_resource(rules[i].kind) && proposal->bare > 0) proposals.is_active = true;
    if (proposals.rule != kNoRule && proposal->replicas <= proposals.most.replicas) continue;
    proposals.rule = i;
    proposals.most = *proposal;
  }
  return proposals;
}

std::optional<HpaProposal> HpaPolicy::ask(const Situation& situation, std::uint32_t rule) const {
  const ScaleRule& r = settings_.scale.rules[rule];
  if (is_resource(r.kind)) return ask_utilization(situation, r);

  const auto window = static_cast<double>((situation.now - state_.window_start).count());
  const std::uint32_t current = situation.current();
  double value = 0;
  if (r.kind == RuleKind::kRps) {
    value = static_cast<double>(situation.signals.arrivals - state_.window_arrivals) * 1e9 / window;
  } else if (is_traffic(r.kind)) {
    value = (situation.signals.in_flight - state_.window_in_flight) / window;
  } else {
    const auto level = level_of(situation, settings_, rule);
    if (!level) return std::nullopt;
    value = *level;
  }
  const auto total = static_cast<double>(thousandths(value) * (is_per_replica(r.kind) ? current : 1));
  const auto target = static_cast<double>(std::max<std::int64_t>(thousandths(r.target), 1));
  HpaProposal proposal = hpa_average_value(total, target, current, settings_.scale.hpa.tolerance);
  proposal.value = value;
  return proposal;
}

std::optional<HpaProposal> HpaPolicy::ask_utilization(const Situation& situation, const ScaleRule& rule) const {
  const bool is_cpu = rule.kind == RuleKind::kCpu;
  std::vector<HpaPod> pods;
  pods.reserve(situation.current());
  for (const Slot slot : situation.replicas.by_age()) {
    const ReplicaRecord& replica = situation.replicas[slot];
    if (replica.state > ReplicaState::kReady) continue;
    HpaPod pod{.is_pending = replica.state == ReplicaState::kStarting,
               .is_young = is_unsettled(replica, situation.now)};
    pod.request =
        is_cpu ? thousandths(settings_.replica.cpu) : static_cast<std::int64_t>(to_number(settings_.replica.memory));
    if (replica.sampled != TimePoint{}) {
      pod.used = is_cpu ? thousandths(replica.cpus) : static_cast<std::int64_t>(to_number(replica.memory));
    }
    pods.push_back(pod);
  }
  return hpa_utilization(pods, is_cpu ? HpaResource::kCpu : HpaResource::kMemory, situation.current(), rule.target,
                         settings_.scale.hpa.tolerance);
}

// Whether the CPU sample of a ready replica is set aside: within the initialization period because it is not ready, or
// because the sample is of the time before it was; after it only if it lost its readiness right after it had begun. A
// replica counts as begun when it was ready first.
bool HpaPolicy::is_unsettled(const ReplicaRecord& replica, TimePoint now) const {
  const HpaSettings& hpa = settings_.scale.hpa;
  if (now < replica.since + hpa.cpu_initialization_period) {
    return replica.is_unready || replica.sampled <= replica.since;
  }
  return replica.is_unready && now < replica.since + hpa.initial_readiness_delay;
}

// The count follows an evaluation at once, so how it differs now is what the last one did. From none to one is KEDA's
// doing, and no change that counts for the limits.
void HpaPolicy::remember_change(TimePoint now, std::uint32_t current) {
  const HpaSettings& hpa = settings_.scale.hpa;
  const Duration longest = std::max(hpa.scale_up.period, hpa.scale_down.period);
  std::erase_if(state_.changes, [&](const ScaleChange& past) { return past.at + longest <= now; });
  if (state_.count == 0 || current == state_.count) return;
  state_.changes.push_back({.at = state_.window_start, .change = std::int64_t{current} - state_.count});
}

void HpaPolicy::begin_window(const Situation& situation) {
  state_.next_evaluation = situation.now + settings_.scale.hpa.sync_period;
  state_.window_start = situation.now;
  state_.window_in_flight = situation.signals.in_flight;
  state_.window_arrivals = situation.signals.arrivals;
  state_.count = situation.current();
}

// Between the smallest recommendation of the one window and the largest of the other, and within that as near to
// `current` as can be. The count that the first evaluation finds is a recommendation too.
void HpaPolicy::stabilize(TimePoint now, std::uint32_t current, Evaluation& evaluation) {
  const Duration up_window = settings_.scale.hpa.scale_up.stabilization_window;
  const Duration down_window = settings_.scale.hpa.scale_down.stabilization_window;
  const std::uint32_t desired = evaluation.stabilized;
  auto& past = state_.recommendations;
  if (past.empty()) past.push_back({.at = now, .replicas = current});
  std::erase_if(past, [&](const Recommendation& old) { return old.at + std::max(up_window, down_window) < now; });
  std::uint32_t up = desired;
  std::uint32_t down = desired;
  for (const Recommendation& old : past) {
    if (old.at + up_window > now) up = std::min(up, old.replicas);
    if (old.at + down_window > now) down = std::max(down, old.replicas);
  }
  past.push_back({.at = now, .replicas = desired});
  evaluation.stabilized = std::min(std::max(current, up), down);
  if (evaluation.stabilized != desired) evaluation.limit = Limit::kStabilization;
}

void HpaPolicy::limit_rate(TimePoint now, std::uint32_t current, Evaluation& evaluation) const {
  const HpaSettings& hpa = settings_.scale.hpa;
  const auto change_within = [&](Duration period) {
    std::int64_t change = 0;
    for (const ScaleChange& past : state_.changes) change += past.at + period > now ? past.change : 0;
    return change;
  };
  const std::uint32_t most = hpa_limit_up(hpa.scale_up, current, change_within(hpa.scale_up.period));
  const std::uint32_t least = hpa_limit_down(hpa.scale_down, current, change_within(hpa.scale_down.period));
  if (evaluation.stabilized >= least && evaluation.stabilized <= most) return;
  evaluation.stabilized = std::clamp(evaluation.stabilized, least, most);
  evaluation.limit = Limit::kStep;
}

std::uint32_t hpa_limit_up(const HpaBehavior& behavior, std::uint32_t current, std::int64_t change) {
  if (behavior.select_policy == SelectPolicy::kDisabled) return current;
  const auto begun = static_cast<double>(std::int64_t{current} - change);
  std::vector<double> limits;
  if (behavior.percent > 0) limits.push_back(std::ceil(begun * (1 + behavior.percent / kPercent)));
  if (behavior.pods > 0) limits.push_back(begun + behavior.pods);
  if (limits.empty()) return current;
  const bool is_max = behavior.select_policy == SelectPolicy::kMax;
  const double limit = is_max ? std::ranges::max(limits) : std::ranges::min(limits);
  return static_cast<std::uint32_t>(std::clamp(limit, static_cast<double>(current), double{kMaxReplicas}));
}

std::uint32_t hpa_limit_down(const HpaBehavior& behavior, std::uint32_t current, std::int64_t change) {
  if (behavior.select_policy == SelectPolicy::kDisabled) return current;
  const auto begun = static_cast<double>(std::int64_t{current} - change);
  std::vector<double> limits;
  if (behavior.percent > 0) limits.push_back(std::trunc(begun * (1 - behavior.percent / kPercent)));
  if (behavior.pods > 0) limits.push_back(begun - behavior.pods);
  if (limits.empty()) return current;
  const bool is_max = behavior.select_policy == SelectPolicy::kMax;
  const double limit = is_max ? std::ranges::min(limits) : std::ranges::max(limits);
  return static_cast<std::uint32_t>(std::clamp(limit, 0.0, static_cast<double>(current)));
}

}  // namespace tenfold::core
