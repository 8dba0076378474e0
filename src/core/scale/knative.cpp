#include "core/scale/knative.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/queue/request_table.hpp"
#include "core/scale/rules.hpp"

namespace tenfold::core {

namespace {

constexpr double kPercent = 100;
// The smallest target that Knative takes (autoscaling.TargetMin).
constexpr double kSmallestTarget = 0.01;
// Of a rate; the configured percentage is of concurrency alone (config.TargetUtilization).
constexpr double kRateUtilization = 0.7;
// A revision that does not become active within its progress deadline, 600 s, and a buffer of 30 s has failed.
constexpr Duration kActivationTimeout = std::chrono::seconds{630};
constexpr Duration kSecond = std::chrono::seconds{1};

std::int64_t second_of(TimePoint time) { return time.time_since_epoch() / kSecond; }
TimePoint begin_of(std::int64_t second) { return TimePoint{second * kSecond}; }

double nanoseconds(Duration span) { return static_cast<double>(span.count()); }

Duration panic_window(const KnativeSettings& settings) {
  const double window = nanoseconds(settings.stable_window) * settings.panic_window_percentage / kPercent;
  const auto rounded =
      std::chrono::floor<std::chrono::seconds>(Duration{static_cast<Duration::rep>(window)} + kSecond / 2);
  return std::max<Duration>(rounded, kSecond);
}

std::uint32_t count_ready(const ReplicaSet& replicas) {
  return static_cast<std::uint32_t>(std::ranges::count_if(replicas.by_age(), [&](Slot slot) {
    return replicas[slot].state == ReplicaState::kReady && !replicas[slot].is_unready;
  }));
}

// What a rule measures over one window.
struct Measure {
  std::uint32_t rule = kNoRule;
  RuleKind measures = RuleKind::kHttp;
  double average = 0;
  double target = 1;
  // Without the share of it that is aimed at.
  double total = 1;

  double replicas() const { return average / target; }
};

}  // namespace

// The rule that asks for most, by each window.
struct KnativePolicy::Traffic {
  Measure stable;
  Measure panic;

  void consider(const Measure& by_stable, const Measure& by_panic) {
    if (by_stable.replicas() > stable.replicas()) stable = by_stable;
    if (by_panic.replicas() > panic.replicas()) panic = by_panic;
  }
};

KnativeTarget knative_target(const KnativeSettings& settings, const ScaleRule* rule, KnativeSlots slots) {
  const bool is_rate = rule != nullptr && rule->kind == RuleKind::kRps;
  double total = slots.is_measured ? settings.container_concurrency_target_default : slots.count;
  if (rule != nullptr) total = rule->target;
  if (!is_rate) total = std::min<double>(total, slots.count);
  const double share = is_rate ? kRateUtilization : settings.container_concurrency_target_percentage / kPercent;
  return {.target = std::max(total * share, kSmallestTarget), .total = total};
}

KnativePolicy::KnativePolicy(const Settings& settings)
    : settings_{settings},
      stable_concurrency_{settings.scale.knative.stable_window},
      panic_concurrency_{panic_window(settings.scale.knative)},
      stable_rate_{settings.scale.knative.stable_window},
      panic_rate_{panic_window(settings.scale.knative)},
      decider_{settings.scale.knative} {}

void KnativePolicy::start(const Situation& situation) {
  const KnativeSettings& knative = settings_.scale.knative;
  state_ = {};
  state_.second = second_of(situation.now);
  state_.second_in_flight = situation.signals.in_flight;
  state_.second_arrivals = state_.arrivals = situation.signals.arrivals;
  state_.load = situation.signals.waiting + situation.signals.running;
  state_.had_ready = situation.replicas.counts().ready > 0;
  state_.activity_since = state_.proxied_since = situation.now;
  // A service that is to begin with more than its minimum does so at once.
  const bool begins_with_more = knative.initial_scale > std::max(settings_.scale.min_replicas, situation.current());
  state_.next_evaluation = begins_with_more ? situation.now : situation.now + knative.tick_interval;
  const std::uint32_t ready = count_ready(situation.replicas);
  if (ready > 1) decider_.start_in_panic(situation.now, ready);
}

void KnativePolicy::observe(const Situation& situation) {
  if (situation.now >= begin_of(state_.second + 1)) finish_seconds(situation, second_of(situation.now));
  if (!has_reporters() && situation.signals.arrivals > state_.arrivals) report_ahead();
  state_.load = situation.signals.waiting + situation.signals.running;
  state_.arrivals = situation.signals.arrivals;
  state_.had_ready = situation.replicas.counts().ready > 0;
}

// Whether anything tells of the second under way: a replica that is ready, or the activator, which has seen a request.
bool KnativePolicy::has_reporters() const {
  return state_.had_ready || state_.load > 0 || state_.arrivals > state_.second_arrivals;
}

// From none the activator reports its first request at once, as one for a whole second, and the autoscaler looks.
void KnativePolicy::report_ahead() {
  record(state_.second, 1, 1);
  state_.is_reported_ahead = true;
  state_.is_poked = state_.activity == KnativeActivity::kInactive;
}

// Records the seconds until `second`, which has begun. Since the last event the load has stayed what it was, and
// nothing arrived: the integral at each second's end follows from the one of now.
void KnativePolicy::finish_seconds(const Situation& situation, std::int64_t second) {
  const auto integral_at = [&](std::int64_t begun) {
    return situation.signals.in_flight - state_.load * nanoseconds(situation.now - begin_of(begun));
  };
  if (has_reporters()) {
    // A second is recorded when it is over, as a scrape reports it, without what was reported ahead of it.
    const std::int64_t first = state_.second + 1;
    const double ahead = state_.is_reported_ahead ? 1 : 0;
    const double in_flight = (integral_at(first) - state_.second_in_flight) / nanoseconds(kSecond);
    record(first, std::max(in_flight - ahead, 0.0),
           static_cast<double>(state_.arrivals - state_.second_arrivals) - ahead);
    state_.is_reported_ahead = false;
    const std::int64_t oldest_that_counts = second - settings_.scale.knative.stable_window / kSecond - 1;
    for (std::int64_t next = std::max(first + 1, oldest_that_counts); next <= second; ++next)
      record(next, state_.load, 0);
  }
  state_.second_in_flight = integral_at(second);
  state_.second_arrivals = state_.arrivals;
  state_.second = second;
}

void KnativePolicy::record(std::int64_t second, double in_flight, double arrivals) {
  stable_concurrency_.record(second, in_flight);
  panic_concurrency_.record(second, in_flight);
  stable_rate_.record(second, arrivals);
  panic_rate_.record(second, arrivals);
}

KnativePolicy::Traffic KnativePolicy::traffic(const Situation& situation) const {
  const KnativeSlots slots{.count = situation.replicas.concurrency(),
                           .is_measured = settings_.replica.is_concurrency_auto};
  const std::int64_t now = state_.second;
  std::optional<Traffic> traffic;
  const auto consider = [&](std::uint32_t index, const ScaleRule* rule) {
    const bool is_rate = rule != nullptr && rule->kind == RuleKind::kRps;
    const KnativeTarget target = knative_target(settings_.scale.knative, rule, slots);
    Measure stable{.rule = index,
                   .measures = rule != nullptr ? rule->kind : RuleKind::kHttp,
                   .average = (is_rate ? stable_rate_ : stable_concurrency_).average(now),
                   .target = target.target,
                   .total = target.total};
    Measure panic = stable;
    panic.average = (is_rate ? panic_rate_ : panic_concurrency_).average(now);
    if (!traffic) traffic = {.stable = stable, .panic = panic};
    traffic->consider(stable, panic);
  };
  const auto& rules = settings_.scale.rules;
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    if (is_traffic(rules[i].kind)) consider(i, &rules[i]);
  }
  if (!traffic) consider(kNoRule, nullptr);
  return *traffic;
}

Evaluation KnativePolicy::evaluate(const Situation& situation) {
  if (situation.now >= begin_of(state_.second + 1)) finish_seconds(situation, second_of(situation.now));
  if (!std::exchange(state_.is_poked, false)) {
    state_.next_evaluation = situation.now + settings_.scale.knative.tick_interval;
  }
  const std::uint32_t ready = count_ready(situation.replicas);
  const Traffic measured = traffic(situation);
  // Without data there is nothing to decide by: what was decided last stays.
  const std::uint32_t last = state_.desired.value_or(situation.decided);
  KnativeDecider::Decision decision{.desired = last, .wanted = last};
  if (!stable_concurrency_.is_empty(state_.second)) {
    decision = decider_.decide(
        situation.now, {.ready = ready, .stable = measured.stable.replicas(), .panic = measured.panic.replicas()});
    state_.desired = decision.desired;
  }
  const Measure& by = decision.is_by_panic ? measured.panic : measured.stable;
  Evaluation evaluation{.rule = by.rule,
                        .measures = by.measures,
                        .metric = by.average,
                        .target = by.target,
                        .recommended = decision.wanted,
                        .stabilized = decision.desired,
                        .limit = decision.limit,
                        .evidence = {.panic_since = decider_.panic_since()}};
  hold(situation, ready, evaluation);
  const double excess = excess_burst_capacity(ready, measured.panic.total,
                                              settings_.scale.knative.target_burst_capacity, measured.panic.average);
  retain(situation, ready, excess, evaluation);
  return evaluation;
}

// What keeps the count above what the traffic asks for: other rules, and the initial scale.
void KnativePolicy::hold(const Situation& situation, std::uint32_t ready, Evaluation& evaluation) {
  const Ask floor = largest_level_ask(situation, settings_);
  if (floor.rule != kNoRule && floor.replicas > evaluation.stabilized) {
    evaluation = {.rule = floor.rule,
                  .measures = floor.measures,
                  .metric = floor.metric,
                  .target = floor.target,
                  .recommended = floor.replicas,
                  .stabilized = floor.replicas,
                  .evidence = evaluation.evidence};
  }
  const std::uint32_t initial = initial_scale();
  if (ready >= initial) state_.is_initialized = true;
  if (!state_.is_initialized) evaluation.stabilized = std::max(evaluation.stabilized, initial);
}

std::uint32_t KnativePolicy::initial_scale() const {
  return std::min(settings_.scale.knative.initial_scale, settings_.scale.max_replicas);
}

// Follows what Knative says of the service, and whether the activator is in the path: the last replicas go by both.
void KnativePolicy::retain(const Situation& situation, std::uint32_t ready, double excess, Evaluation& evaluation) {
  const std::uint32_t least = settings_.scale.min_replicas;
  bool is_wanted = std::max(evaluation.stabilized, least) > 0;
  if (!is_wanted && situation.decided > 0) is_wanted = keep_last(situation, evaluation);

  const std::uint32_t threshold = std::max({least, 1U, state_.is_initialized ? 0U : initial_scale()});
  const KnativeActivity wanted = ready < threshold ? KnativeActivity::kActivating : KnativeActivity::kActive;
  enter(is_wanted ? wanted : KnativeActivity::kInactive, situation.now);
  const bool is_proxied = !is_wanted || excess < 0;
  state_.proxied_since = is_proxied ? std::min(state_.proxied_since, situation.now) : kNever;
}

// What keeps the last replicas while none is wanted, and whether the service still counts as wanted. One that activates
// is given its time, one that is active has one replica for a stable window, one that is inactive keeps what it has.
bool KnativePolicy::keep_last(const Situation& situation, Evaluation& evaluation) {
  const Duration lasting = situation.now - state_.activity_since;
  const auto keep = [&](std::uint32_t count) {
    evaluation.stabilized = count;
    evaluation.limit = Limit::kCooldown;
  };
  if (state_.activity == KnativeActivity::kActivating) {
    if (lasting > kActivationTimeout) return false;
    keep(situation.decided);
    return true;
  }
  if (state_.activity == KnativeActivity::kActive && lasting < settings_.scale.knative.stable_window) {
    keep(1);
    return true;
  }
  enter(KnativeActivity::kInactive, situation.now);
  if (!may_be_none(situation.now)) keep(situation.decided);
  return false;
}

// Whether an inactive service may have no replica: the retention is over, and the activator was in the path for the
// grace, or the service inactive for as long.
bool KnativePolicy::may_be_none(TimePoint now) const {
  const KnativeSettings& knative = settings_.scale.knative;
  const Duration inactive = now - state_.activity_since;
  if (inactive < knative.scale_to_zero_pod_retention_period) return false;
  const bool is_proxied = state_.proxied_since != kNever;
  return inactive >= knative.scale_to_zero_grace_period ||
         (is_proxied && now - state_.proxied_since >= knative.scale_to_zero_grace_period);
}

void KnativePolicy::enter(KnativeActivity activity, TimePoint now) {
  if (state_.activity == activity) return;
  state_.activity = activity;
  state_.activity_since = now;
}

void KnativePolicy::save(Checkpoint& checkpoint) const {
  checkpoint.knative = state_;
  checkpoint.knative.stable_concurrency = stable_concurrency_.save();
  checkpoint.knative.panic_concurrency = panic_concurrency_.save();
  checkpoint.knative.stable_rate = stable_rate_.save();
  checkpoint.knative.panic_rate = panic_rate_.save();
  decider_.save(checkpoint.knative);
}

void KnativePolicy::load(const Checkpoint& checkpoint) {
  state_ = checkpoint.knative;
  stable_concurrency_.load(state_.stable_concurrency);
  panic_concurrency_.load(state_.panic_concurrency);
  stable_rate_.load(state_.stable_rate);
  panic_rate_.load(state_.panic_rate);
  decider_.load(state_);
}

}  // namespace tenfold::core
