#include "core/scale/knative.hpp"

#include <algorithm>
#include <optional>

#include "core/queue/request_table.hpp"
#include "core/scale/rules.hpp"

namespace tenfold::core {

namespace {

constexpr double kPercent = 100;
// The smallest target that Knative takes (autoscaling.TargetMin).
constexpr double kSmallestTarget = 0.01;
constexpr Duration kSecond = std::chrono::seconds{1};

std::int64_t second_of(TimePoint time) { return time.time_since_epoch() / kSecond; }
TimePoint begin_of(std::int64_t second) { return TimePoint{second * kSecond}; }

double nanoseconds(Duration span) { return static_cast<double>(span.count()); }

Duration panic_window(const KnativeSettings& settings) {
  const double share = settings.panic_window_percentage / kPercent;
  const auto window = Duration{static_cast<Duration::rep>(nanoseconds(settings.stable_window) * share)};
  return std::max<Duration>(std::chrono::round<std::chrono::seconds>(window), kSecond);
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

double knative_target(const KnativeSettings& settings, const ScaleRule* rule, std::uint32_t slots) {
  double total = slots;
  if (rule != nullptr) total = rule->kind == RuleKind::kRps ? rule->target : std::min(rule->target, total);
  return std::max(total * settings.container_concurrency_target_percentage / kPercent, kSmallestTarget);
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
  state_.last_wanted = situation.now;
  // A service that is to begin with more than its minimum does so at once.
  const bool begins_with_more = knative.initial_scale > std::max(settings_.scale.min_replicas, situation.current());
  state_.next_evaluation = begins_with_more ? situation.now : situation.now + knative.tick_interval;
  const std::uint32_t ready = count_ready(situation.replicas);
  if (ready > 1) decider_.start_in_panic(situation.now, ready);
}

void KnativePolicy::observe(const Situation& situation) {
  if (situation.now >= begin_of(state_.second + 1)) finish_seconds(situation, second_of(situation.now));
  state_.load = situation.signals.waiting + situation.signals.running;
  state_.arrivals = situation.signals.arrivals;
}

// Records the seconds until `second`, which has begun. Since the last event the load has stayed what it was, and
// nothing arrived: the integral at each second's end follows from the one of now.
void KnativePolicy::finish_seconds(const Situation& situation, std::int64_t second) {
  const auto integral_at = [&](std::int64_t begun) {
    return situation.signals.in_flight - state_.load * nanoseconds(situation.now - begin_of(begun));
  };
  const bool has_reporters = situation.current() > 0 || state_.load > 0 || state_.arrivals > state_.second_arrivals;
  if (has_reporters) {
    // A second is recorded when it is over, as a scrape reports it.
    const std::int64_t first = state_.second + 1;
    const double in_flight = (integral_at(first) - state_.second_in_flight) / nanoseconds(kSecond);
    record(first, in_flight, static_cast<double>(state_.arrivals - state_.second_arrivals));
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
  const std::uint32_t slots = situation.replicas.concurrency();
  const std::int64_t now = state_.second;
  std::optional<Traffic> traffic;
  const auto consider = [&](std::uint32_t index, const ScaleRule* rule) {
    const bool is_rate = rule != nullptr && rule->kind == RuleKind::kRps;
    Measure stable{.rule = index,
                   .measures = rule != nullptr ? rule->kind : RuleKind::kHttp,
                   .average = (is_rate ? stable_rate_ : stable_concurrency_).average(now),
                   .target = knative_target(settings_.scale.knative, rule, slots)};
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
  state_.next_evaluation = situation.now + settings_.scale.knative.tick_interval;
  const std::uint32_t ready = count_ready(situation.replicas);
  const Traffic measured = traffic(situation);
  KnativeDecider::Decision decision{.desired = situation.current(), .wanted = situation.current()};
  // Without data there is nothing to decide by: the count stays.
  if (!stable_concurrency_.is_empty(state_.second)) {
    decision = decider_.decide(
        situation.now, {.ready = ready, .stable = measured.stable.replicas(), .panic = measured.panic.replicas()});
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
  return evaluation;
}

// What keeps the count above what the traffic asks for: other rules, the initial scale, the grace before zero.
void KnativePolicy::hold(const Situation& situation, std::uint32_t ready, Evaluation& evaluation) {
  const KnativeSettings& knative = settings_.scale.knative;
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
  const std::uint32_t initial = std::min(knative.initial_scale, settings_.scale.max_replicas);
  if (ready >= initial) state_.is_initialized = true;
  if (!state_.is_initialized) evaluation.stabilized = std::max(evaluation.stabilized, initial);

  if (evaluation.stabilized > 0) {
    state_.last_wanted = situation.now;
  } else if (situation.current() > 0 && situation.now < state_.last_wanted + knative.scale_to_zero_grace_period) {
    evaluation.stabilized = 1;
    evaluation.limit = Limit::kCooldown;
  }
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
