#include "core/scale/aca.hpp"

#include <algorithm>
#include <cmath>

#include "core/queue/request_table.hpp"
#include "core/scale/rules.hpp"

namespace tenfold::core {

namespace {

std::uint32_t step_limit(std::uint32_t current) { return current == 0 ? 1 : std::max(4U, 2 * current); }

bool has_window(RuleKind kind) { return kind == RuleKind::kHttp || kind == RuleKind::kTcp; }

double per_second(std::uint64_t count, Duration span) { return static_cast<double>(count) / to_seconds(span); }

}  // namespace

AcaPolicy::AcaPolicy(const Settings& settings) : settings_{settings} {
  if (settings_.scale.rules.empty()) {
    settings_.scale.rules.push_back({.kind = RuleKind::kHttp, .target = kDefaultConcurrentRequests});
    is_default_rule_ = true;
  }
  const auto& rules = settings_.scale.rules;
  has_polled_ = std::ranges::any_of(rules, [](const ScaleRule& rule) { return !has_window(rule.kind); });
  has_window_ = std::ranges::any_of(rules, [](const ScaleRule& rule) { return has_window(rule.kind); });
}

void AcaPolicy::start(const Situation& situation) {
  const AcaSettings& aca = settings_.scale.aca;
  state_ = {};
  state_.next_evaluation = has_window_ ? situation.now + aca.evaluation_interval : kNever;
  state_.next_poll = has_polled_ ? situation.now + aca.polling_interval : kNever;
  state_.window_start = state_.poll_start = state_.last_active = situation.now;
  state_.window_in_flight = state_.seen_in_flight = situation.signals.in_flight;
  state_.window_arrivals = state_.poll_arrivals = state_.seen_arrivals = situation.signals.arrivals;
  state_.asked.assign(settings_.scale.rules.size(), 0);
  state_.measured.assign(settings_.scale.rules.size(), 0);
}

Evaluation AcaPolicy::evaluate(const Situation& situation) {
  if (situation.now >= state_.next_evaluation) look_at_windows(situation);
  if (situation.now >= state_.next_poll) poll(situation);
  const auto& rules = settings_.scale.rules;
  const auto most = static_cast<std::size_t>(std::ranges::max_element(state_.asked) - state_.asked.begin());
  Evaluation evaluation{.rule = is_default_rule_ ? kNoRule : static_cast<std::uint32_t>(most),
                        .measures = rules[most].kind,
                        .metric = state_.measured[most],
                        .target = rules[most].target,
                        .recommended = state_.asked[most]};
  remember(situation.now, evaluation.recommended);
  limit(situation.decided, evaluation);
  deactivate(situation, evaluation);
  return evaluation;
}

// The rules whose metric is a window of traffic.
void AcaPolicy::look_at_windows(const Situation& situation) {
  const AcaSettings& aca = settings_.scale.aca;
  const Duration window = situation.now - state_.window_start;
  const double rate = per_second(situation.signals.arrivals - state_.window_arrivals, window);
  const double in_flight =
      (situation.signals.in_flight - state_.window_in_flight) / static_cast<double>(window.count());
  for (std::size_t i = 0; i < settings_.scale.rules.size(); ++i) {
    if (has_window(settings_.scale.rules[i].kind)) ask(i, aca.metric == AcaMetric::kRate ? rate : in_flight);
  }
  state_.window_start = situation.now;
  state_.window_in_flight = situation.signals.in_flight;
  state_.window_arrivals = situation.signals.arrivals;
  state_.next_evaluation = situation.now + aca.evaluation_interval;
}

// All other rules. A metric that is missing says nothing new: what it asked for last stands, so that a source that
// breaks does not shrink the service.
void AcaPolicy::poll(const Situation& situation) {
  const double rate = per_second(situation.signals.arrivals - state_.poll_arrivals, situation.now - state_.poll_start);
  for (std::size_t i = 0; i < settings_.scale.rules.size(); ++i) {
    const ScaleRule& rule = settings_.scale.rules[i];
    if (has_window(rule.kind)) continue;
    if (rule.kind == RuleKind::kRps) {
      ask(i, rate);
      continue;
    }
    const auto level = level_of(situation, settings_, static_cast<std::uint32_t>(i));
    if (!level) continue;
    state_.measured[i] = *level;
    const double total = is_per_replica(rule.kind) ? *level * situation.current() : *level;
    state_.asked[i] = replicas_for(total, rule.target);
    if (rule.kind == RuleKind::kCpu || rule.kind == RuleKind::kMemory) state_.asked[i] = std::max(1U, state_.asked[i]);
  }
  state_.poll_start = situation.now;
  state_.poll_arrivals = situation.signals.arrivals;
  state_.next_poll = situation.now + settings_.scale.aca.polling_interval;
}

void AcaPolicy::ask(std::size_t rule, double measured) {
  state_.measured[rule] = measured;
  state_.asked[rule] = replicas_for(measured, settings_.scale.rules[rule].target);
}

void AcaPolicy::remember(TimePoint now, std::uint32_t recommended) {
  std::erase_if(state_.recommendations, [&](const Recommendation& old) {
    return old.at + settings_.scale.aca.scale_down_stabilization <= now;
  });
  state_.recommendations.push_back({.at = now, .replicas = recommended});
}

// Stabilization and steps, in the order in which they apply.
void AcaPolicy::limit(std::uint32_t current, Evaluation& evaluation) const {
  const std::uint32_t largest =
      std::ranges::max_element(state_.recommendations, {}, &Recommendation::replicas)->replicas;
  const std::uint32_t kept = std::min(current, largest);
  evaluation.stabilized = evaluation.recommended;
  if (kept > evaluation.stabilized) {
    evaluation.stabilized = kept;
    evaluation.limit = Limit::kStabilization;
  }
  if (step_limit(current) < evaluation.stabilized) {
    evaluation.stabilized = step_limit(current);
    evaluation.limit = Limit::kStep;
  }
}

// KEDA's executor: once nothing was active, at any look, for longer than the cool-down, all replicas go, however many
// and whatever is remembered; until then one stays. What came and went between two looks was activity.
void AcaPolicy::deactivate(const Situation& situation, Evaluation& evaluation) {
  const SignalsRecord& signals = situation.signals;
  const bool is_active = evaluation.recommended > 0 || signals.waiting + signals.running > 0 ||
                         signals.arrivals > state_.seen_arrivals || signals.in_flight > state_.seen_in_flight;
  state_.seen_arrivals = signals.arrivals;
  state_.seen_in_flight = signals.in_flight;
  if (is_active) state_.last_active = situation.now;
  if (situation.decided == 0) return;
  if (situation.now > state_.last_active + settings_.scale.aca.cooldown_period) {
    evaluation.stabilized = 0;
    evaluation.limit = Limit::kNone;
  } else if (evaluation.stabilized == 0) {
    evaluation.stabilized = 1;
    evaluation.limit = Limit::kCooldown;
  }
}

}  // namespace tenfold::core
