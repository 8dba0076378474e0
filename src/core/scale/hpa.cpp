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
  // One of those is missing.
  bool is_activity_unknown = false;
};

HpaPolicy::HpaPolicy(const Settings& settings) : settings_{settings} {
  if (!settings_.scale.rules.empty()) return;
  settings_.scale.rules.push_back({.kind = RuleKind::kHttp, .target = kDefaultConcurrentRequests});
  is_default_rule_ = true;
}

void HpaPolicy::start(const Situation& situation) {
  state_ = {};
  state_.last_active = situation.now;
  begin_window(situation);
}

Evaluation HpaPolicy::evaluate(const Situation& situation) {
  const std::uint32_t current = situation.decided;
  const Proposals proposals = ask_all(situation);
  remember_count(situation.now, current);
  begin_window(situation);

  Evaluation evaluation = evaluation_of(proposals);
  const bool would_shrink = evaluation.stabilized < current;
  if (current == 0) {
    activate(proposals, evaluation);
  } else if (proposals.rule == kNoRule || (proposals.is_any_missing && would_shrink)) {
    evaluation.stabilized = current;
    evaluation.limit = Limit::kMissing;
  } else {
    stabilize(situation.now, current, evaluation);
    limit_rate(situation.now, current, evaluation);
  }
  deactivate(situation, proposals, evaluation);
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

// KEDA's other half. The autoscaler's own least is one; the last ones go, however many, once nothing has been active
// for the cool-down. What cpu and memory use while nothing else is keeps nothing; what is missing of others may be
// active.
void HpaPolicy::deactivate(const Situation& situation, const Proposals& proposals, Evaluation& evaluation) {
  if (proposals.is_active) state_.last_active = situation.now;
  if (situation.decided == 0) return;
  const bool is_cool = situation.now > state_.last_active + settings_.scale.aca.cooldown_period;
  if (is_cool && !proposals.is_activity_unknown) {
    evaluation.recommended = evaluation.stabilized = 0;
    evaluation.limit = Limit::kNone;
  } else if (evaluation.stabilized == 0) {
    evaluation.stabilized = 1;
    evaluation.limit = Limit::kCooldown;
  }
}

// Whether anything came or was under way since the last evaluation, however short it was.
bool HpaPolicy::had_activity(const Situation& situation) const {
  const SignalsRecord& signals = situation.signals;
  return signals.waiting + signals.running > 0 || signals.arrivals > state_.window_arrivals ||
         signals.in_flight > state_.window_in_flight;
}

HpaPolicy::Proposals HpaPolicy::ask_all(const Situation& situation) const {
  const auto& rules = settings_.scale.rules;
  Proposals proposals;
  proposals.is_active = had_activity(situation) ||
                        std::ranges::all_of(rules, [](const ScaleRule& rule) { return is_resource(rule.kind); });
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const auto proposal = ask(situation, i);
    if (!proposal) {
      proposals.is_any_missing = true;
      proposals.is_activity_unknown |= !is_resource(rules[i].kind);
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
  const std::uint32_t current = situation.decided;
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
  HpaProposal proposal = hpa_average_value(total, target, current, hpa_tolerance(settings_.scale.hpa));
  proposal.value = value;
  return proposal;
}

std::optional<HpaProposal> HpaPolicy::ask_utilization(const Situation& situation, const ScaleRule& rule) const {
  const bool is_cpu = rule.kind == RuleKind::kCpu;
  const std::int64_t request =
      is_cpu ? thousandths(settings_.replica.cpu) : static_cast<std::int64_t>(to_number(settings_.replica.memory));
  std::vector<HpaPod> pods;
  pods.reserve(std::max(situation.current(), situation.decided));
  for (const Slot slot : situation.replicas.by_age()) {
    const ReplicaRecord& replica = situation.replicas[slot];
    if (replica.state > ReplicaState::kReady) continue;
    HpaPod pod{.request = request,
               .is_pending = replica.state == ReplicaState::kStarting,
               .is_young = is_unsettled(replica, situation.now)};
    if (replica.sampled != TimePoint{}) {
      pod.used = is_cpu ? thousandths(replica.cpus) : static_cast<std::int64_t>(to_number(replica.memory));
    }
    pods.push_back(pod);
  }
  // A replica that waits for its next try is a pod that crashed: it is there, and nothing is known of it.
  while (pods.size() < situation.decided) pods.push_back({.request = request});
  return hpa_utilization(pods, is_cpu ? HpaResource::kCpu : HpaResource::kMemory, situation.decided, rule.target,
                         hpa_tolerance(settings_.scale.hpa));
}

// Whether the CPU sample of a replica is set aside: within the initialization period because it is not ready, or
// because the sample covers time from before its readiness changed last; after it only if it is not ready, and was
// never ready but within the initial delay.
bool HpaPolicy::is_unsettled(const ReplicaRecord& replica, TimePoint now) const {
  const HpaSettings& hpa = settings_.scale.hpa;
  if (now < replica.started + hpa.cpu_initialization_period) {
    return replica.is_unready || replica.sample_began < replica.readiness_changed;
  }
  return replica.is_unready && replica.readiness_changed < replica.started + hpa.initial_readiness_delay;
}

// The count follows an evaluation at once, so how it differs now is what the last one did. From none to one and back is
// KEDA's doing, and no change that counts for the limits. The count that the first evaluation finds is a
// recommendation.
void HpaPolicy::remember_count(TimePoint now, std::uint32_t current) {
  if (!state_.has_begun) state_.recommendations.push_back({.at = now, .replicas = current});
  state_.has_begun = true;
  if (state_.count == 0 || current == 0) return;
  hpa_remember_change(settings_.scale.hpa, state_, state_.window_start, state_.count, current);
}

void HpaPolicy::begin_window(const Situation& situation) {
  state_.next_evaluation = situation.now + settings_.scale.hpa.sync_period;
  state_.window_start = situation.now;
  state_.window_in_flight = situation.signals.in_flight;
  state_.window_arrivals = situation.signals.arrivals;
  state_.count = situation.decided;
}

// With a behavior: between the smallest recommendation of the one window and the largest of the other, and within that
// as near to `current` as can be. Without: the largest recommendation, the oldest included.
void HpaPolicy::stabilize(TimePoint now, std::uint32_t current, Evaluation& evaluation) {
  const HpaSettings& hpa = settings_.scale.hpa;
  const Duration up_window = hpa.has_behavior ? hpa.scale_up.stabilization_window : Duration::zero();
  const Duration down_window = hpa.scale_down.stabilization_window;
  const std::uint32_t desired = evaluation.stabilized;
  auto& past = state_.recommendations;
  std::erase_if(past, [&](const Recommendation& old) { return old.at + std::max(up_window, down_window) < now; });
  std::uint32_t up = desired;
  std::uint32_t down = desired;
  for (const Recommendation& old : past) {
    if (old.at + up_window > now) up = std::min(up, old.replicas);
    if (old.at + down_window > now || !hpa.has_behavior) down = std::max(down, old.replicas);
  }
  past.push_back({.at = now, .replicas = desired});
  evaluation.stabilized = hpa.has_behavior ? std::min(std::max(current, up), down) : down;
  if (evaluation.stabilized != desired) evaluation.limit = Limit::kStabilization;
}

void HpaPolicy::limit_rate(TimePoint now, std::uint32_t current, Evaluation& evaluation) const {
  const HpaSettings& hpa = settings_.scale.hpa;
  std::uint32_t least = 0;
  std::uint32_t most = std::max(4U, 2 * current);
  if (hpa.has_behavior) {
    least = hpa_limit_down(hpa.scale_down, current, state_, now);
    most = hpa_limit_up(hpa.scale_up, current, state_, now);
  }
  if (evaluation.stabilized >= least && evaluation.stabilized <= most) return;
  evaluation.stabilized = std::clamp(evaluation.stabilized, least, most);
  evaluation.limit = Limit::kStep;
}

HpaTolerance hpa_tolerance(const HpaSettings& settings) {
  if (!settings.has_behavior) return {.down = settings.tolerance, .up = settings.tolerance};
  return {.down = settings.scale_down.tolerance.value_or(settings.tolerance),
          .up = settings.scale_up.tolerance.value_or(settings.tolerance)};
}

namespace {

// The API server's defaults where `behavior` states none.
std::vector<HpaScalingPolicy> up_policies(const HpaBehavior& behavior) {
  if (!behavior.policies.empty()) return behavior.policies;
  return {{.type = HpaPolicyType::kPods, .value = 4}, {.type = HpaPolicyType::kPercent, .value = 100}};
}
std::vector<HpaScalingPolicy> down_policies(const HpaBehavior& behavior) {
  if (!behavior.policies.empty()) return behavior.policies;
  return {{.type = HpaPolicyType::kPercent, .value = 100}};
}

Duration longest_period(const std::vector<HpaScalingPolicy>& policies) {
  return std::ranges::max(policies, {}, &HpaScalingPolicy::period).period;
}

// The controller keeps one list for each direction and reuses the last place that is outdated; what lies in others
// stays, and counts for a period of the other direction that is longer.
void store(std::vector<ScaleChange>& changes, ScaleChange added, Duration longest) {
  for (ScaleChange& past : changes) past.is_outdated |= past.at + longest < added.at;
  const auto place = std::ranges::find_if(changes.rbegin(), changes.rend(), &ScaleChange::is_outdated);
  if (place == changes.rend()) return changes.push_back(added);
  *place = added;
}

std::int64_t sum_within(const std::vector<ScaleChange>& changes, TimePoint now, Duration period) {
  std::int64_t sum = 0;
  for (const ScaleChange& past : changes) sum += past.at + period > now ? past.change : 0;
  return sum;
}

// The count at the beginning of a policy's period.
double begun_with(const HpaScalingPolicy& policy, std::uint32_t current, const HpaRecord& memory, TimePoint now) {
  return static_cast<double>(std::int64_t{current} - sum_within(memory.ups, now, policy.period) +
                             sum_within(memory.downs, now, policy.period));
}

}  // namespace

void hpa_remember_change(const HpaSettings& settings, HpaRecord& memory, TimePoint at, std::uint32_t before,
                         std::uint32_t after) {
  if (!settings.has_behavior || before == after) return;
  if (after > before) {
    store(memory.ups, {.at = at, .change = after - before}, longest_period(up_policies(settings.scale_up)));
  } else {
    store(memory.downs, {.at = at, .change = before - after}, longest_period(down_policies(settings.scale_down)));
  }
}

std::uint32_t hpa_limit_up(const HpaBehavior& behavior, std::uint32_t current, const HpaRecord& memory, TimePoint now) {
  if (behavior.select_policy == SelectPolicy::kDisabled) return current;
  const bool is_max = behavior.select_policy == SelectPolicy::kMax;
  std::optional<double> limit;
  for (const HpaScalingPolicy& policy : up_policies(behavior)) {
    const double begun = begun_with(policy, current, memory, now);
    const bool is_percent = policy.type == HpaPolicyType::kPercent;
    const double one = is_percent ? std::ceil(begun * (1 + policy.value / kPercent)) : begun + policy.value;
    limit = is_max ? std::max(limit.value_or(one), one) : std::min(limit.value_or(one), one);
  }
  return static_cast<std::uint32_t>(
      std::clamp(limit.value_or(0), static_cast<double>(current), std::max<double>(current, kMaxReplicas)));
}

std::uint32_t hpa_limit_down(const HpaBehavior& behavior, std::uint32_t current, const HpaRecord& memory,
                             TimePoint now) {
  if (behavior.select_policy == SelectPolicy::kDisabled) return current;
  const bool is_max = behavior.select_policy == SelectPolicy::kMax;
  std::optional<double> limit;
  for (const HpaScalingPolicy& policy : down_policies(behavior)) {
    const double begun = begun_with(policy, current, memory, now);
    const bool is_percent = policy.type == HpaPolicyType::kPercent;
    const double one = is_percent ? std::trunc(begun * (1 - policy.value / kPercent)) : begun - policy.value;
    limit = is_max ? std::min(limit.value_or(one), one) : std::max(limit.value_or(one), one);
  }
  return static_cast<std::uint32_t>(std::clamp(limit.value_or(0), 0.0, static_cast<double>(current)));
}

}  // namespace tenfold::core
