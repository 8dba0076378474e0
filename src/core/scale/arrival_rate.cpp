#include "core/scale/arrival_rate.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/portable_math.hpp"

namespace tenfold::core {

namespace {

constexpr int kShorter = 12;
// exp of less adds nothing to 1.
constexpr double kNegligible = -40;
// A rate that differs by so many standard deviations has changed.
constexpr double kSurprise = 3;

// The decay over the short horizon, from that over the long one.
double to_the_twelfth(double x) {
  const double third = x * x * x;
  const double sixth = third * third;
  return sixth * sixth;
}

}  // namespace

void ArrivalRate::start(TimePoint now) { record_ = {.began = now, .counted_until = now}; }

void ArrivalRate::count(TimePoint now, double fresh, double horizon_s) {
  record_.arrivals *= horizon_s / std::exchange(record_.horizon_s, horizon_s);
  const double short_s = horizon_s / kShorter;
  const double age_s = to_seconds(now - std::exchange(record_.counted_until, now));
  if (age_s > 0) {
    const double decay = portable_exp(-age_s / horizon_s);
    record_.arrivals *= decay;
    record_.recent_arrivals *= to_the_twelfth(decay);
  }
  record_.arrivals += fresh;
  record_.recent_arrivals += fresh;
  // A weighted count of a process that is younger than the horizon has not come up to its mean yet.
  const double old_s = std::max(short_s, to_seconds(now - record_.began));
  const double missing = -old_s / short_s < kNegligible ? 0 : portable_exp(-old_s / short_s);
  const double recent = record_.recent_arrivals / (short_s * (1 - missing));
  const double rate = per_s();
  const double variance = std::max(rate, 4 / short_s) / (2 * short_s);
  const double difference = recent - rate;
  if (difference * difference > kSurprise * kSurprise * variance) record_.arrivals = recent * horizon_s;
}

double ArrivalRate::deviation() const { return std::sqrt(per_s() / (2 * record_.horizon_s)); }

double ArrivalRate::recent_per_s() const { return record_.recent_arrivals / (record_.horizon_s / kShorter); }

double ArrivalRate::at_most_per_s() const { return std::max(per_s() + deviation(), recent_per_s()); }

}  // namespace tenfold::core
