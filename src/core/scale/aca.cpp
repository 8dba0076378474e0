#include "core/scale/aca.hpp"

#include <algorithm>
#include <cmath>

namespace tenfold::core {

namespace {

std::uint32_t step_limit(std::uint32_t current) { return current == 0 ? 1 : std::max(4U, 2 * current); }

}  // namespace

AcaPolicy::AcaPolicy(const AcaSettings& settings) : settings_{settings} {
  const auto window = settings.scale_down_stabilization / settings.evaluation_interval;
  state_.recommendations.reserve(static_cast<std::size_t>(window) + 2);
}

void AcaPolicy::start(TimePoint now) {
  state_.window_start = now;
  state_.integrated_until = now;
  state_.next_evaluation = now + settings_.evaluation_interval;
}

void AcaPolicy::observe(TimePoint now, const Load& load) {
  integrate_until(now);
  state_.in_flight = load.in_flight();
}

Evaluation AcaPolicy::evaluate(TimePoint now, std::uint32_t current) {
  const double average = average_until(now);
  const double target = settings_.target_concurrency;
  const auto recommended = static_cast<std::uint32_t>(std::ceil(average / target));
  std::erase_if(state_.recommendations,
                [&](const Recommendation& old) { return old.at + settings_.scale_down_stabilization <= now; });
  state_.recommendations.push_back({.at = now, .replicas = recommended});
  state_.next_evaluation = now + settings_.evaluation_interval;

  const std::uint32_t kept = std::min(current, largest_recommendation());
  const std::uint32_t stabilized = std::min(std::max(recommended, kept), step_limit(current));
  return {.metric = average, .target = target, .recommended = recommended, .stabilized = stabilized};
}

void AcaPolicy::integrate_until(TimePoint now) {
  const Duration span = now - state_.integrated_until;
  state_.integral += static_cast<double>(state_.in_flight) * static_cast<double>(span.count());
  state_.integrated_until = now;
}

// The average since the last call, which starts a new window.
double AcaPolicy::average_until(TimePoint now) {
  integrate_until(now);
  const Duration window = now - state_.window_start;
  const double average = window > Duration::zero() ? state_.integral / static_cast<double>(window.count())
                                                   : static_cast<double>(state_.in_flight);
  state_.window_start = now;
  state_.integral = 0;
  return average;
}

std::uint32_t AcaPolicy::largest_recommendation() const {
  return std::ranges::max_element(state_.recommendations, {}, &Recommendation::replicas)->replicas;
}

}  // namespace tenfold::core
