#include "core/scale/knative_decider.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tenfold::core {

namespace {

constexpr double kPercent = 100;

std::uint32_t whole(double count) {
  constexpr double kMost = std::numeric_limits<std::int32_t>::max();  // of the reference's counts
  return static_cast<std::uint32_t>(std::clamp(count, 0.0, kMost));
}

// How far one decision may go, from the replicas that are ready. Both ends lie so that one step is always possible.
struct Reach {
  double least = 0;
  double most = 0;
};

Reach reach_of(const KnativeSettings& settings, double ready, bool is_reachable) {
  return {.least = is_reachable ? std::floor(ready / settings.max_scale_down_rate) : 0,
          .most = std::ceil(settings.max_scale_up_rate * ready)};
}

// What one average asks for. A service that is used at all has `activation_scale` replicas.
KnativeDecider::Decision decision_by(double average, const Reach& reach, std::uint32_t activation_scale) {
  const double wanted = std::ceil(average);
  KnativeDecider::Decision decision{.desired = whole(std::min(std::max(wanted, reach.least), reach.most)),
                                    .wanted = whole(wanted)};
  if (decision.desired != decision.wanted) decision.limit = Limit::kStep;
  if (activation_scale > 1 && wanted > 0) decision.desired = std::max(decision.desired, activation_scale);
  return decision;
}

}  // namespace

void KnativeDecider::start_in_panic(TimePoint now, std::uint32_t ready) {
  panic_since_ = now;
  panic_most_ = ready;
}

KnativeDecider::Decision KnativeDecider::decide(TimePoint now, const Look& look) {
  const double ready = std::max(1U, look.ready);
  const Reach reach = reach_of(settings_, ready, look.is_reachable);
  Decision decision = decision_by(look.stable, reach, settings_.activation_scale);
  Decision in_panic = decision_by(look.panic, reach, settings_.activation_scale);
  in_panic.is_by_panic = true;
  watch_for_panic(now, in_panic.wanted / ready >= settings_.panic_threshold_percentage / kPercent);

  if (panic_since_ != kNever && in_panic.desired > decision.desired) decision = in_panic;
  if (panic_since_ != kNever) {
    if (panic_most_ > decision.desired) decision.limit = Limit::kPanic;
    decision.desired = panic_most_ = std::max(panic_most_, decision.desired);
  }
  const std::uint32_t delayed = look.is_reachable ? delay(now, decision.desired) : decision.desired;
  if (delayed != decision.desired) decision.limit = Limit::kStabilization;
  decision.desired = delayed;
  return decision;
}

// Panic lasts until its reason is one stable window old: by then the burst is in the stable average too.
void KnativeDecider::watch_for_panic(TimePoint now, bool is_over_threshold) {
  if (is_over_threshold) {
    panic_since_ = now;
  } else if (panic_since_ != kNever && panic_since_ + settings_.stable_window < now) {
    panic_since_ = kNever;
    panic_most_ = 0;
  }
}

// The most that was desired within the scale-down delay, in steps of the tick. What is smaller than a later value never
// counts again, so `delayed_` is kept falling, and the most is at its front.
std::uint32_t KnativeDecider::delay(TimePoint now, std::uint32_t desired) {
  if (settings_.scale_down_delay <= Duration::zero()) return desired;
  const Duration step = settings_.tick_interval;
  const TimePoint at{now.time_since_epoch() / step * step};
  // ceil(delay / step) steps, this one included.
  const Duration window = (settings_.scale_down_delay + step - Duration{1}) / step * step;
  std::erase_if(delayed_, [&](const Recommendation& old) { return old.replicas <= desired || at - old.at >= window; });
  const bool has_more_in_this_step = !delayed_.empty() && delayed_.back().at == at;
  if (!has_more_in_this_step) delayed_.push_back({.at = at, .replicas = desired});
  return delayed_.front().replicas;
}

void KnativeDecider::save(KnativeRecord& record) const {
  record.panic_since = panic_since_;
  record.panic_most = panic_most_;
  record.delayed = delayed_;
}

void KnativeDecider::load(const KnativeRecord& record) {
  panic_since_ = record.panic_since;
  panic_most_ = record.panic_most;
  delayed_ = record.delayed;
}

double excess_burst_capacity(std::uint32_t ready, double capacity, double burst, double panic) {
  if (burst == 0) return 0;
  if (burst < 0) return -1;
  return std::floor(ready * capacity - burst - panic);
}

}  // namespace tenfold::core
