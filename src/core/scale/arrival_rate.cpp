#include "core/scale/arrival_rate.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/portable_math.hpp"

namespace tenfold::core {

namespace {

constexpr double kShorter = 1.0 / 12;
// A rate that differs by so many standard deviations has changed.
constexpr double kSurprise = 3;

}  // namespace

void ArrivalRate::start(TimePoint now) { record_ = {.began = now, .counted_until = now}; }

void ArrivalRate::count(TimePoint now, double fresh, double horizon_s) {
  record_.arrivals *= horizon_s / std::exchange(record_.horizon_s, horizon_s);
  const double short_s = horizon_s * kShorter;
  const double age_s = to_seconds(now - std::exchange(record_.counted_until, now));
  if (age_s > 0) {
    record_.arrivals *= portable_exp(-age_s / horizon_s);
    record_.recent_arrivals *= portable_exp(-age_s / short_s);
  }
  record_.arrivals += fresh;
  record_.recent_arrivals += fresh;
  // A weighted count of a process that is younger than the horizon has not come up to its mean yet.
  const double old_s = std::max(short_s, to_seconds(now - record_.began));
  const double recent = record_.recent_arrivals / (short_s * (1 - portable_exp(-old_s / short_s)));
  const double deviation = std::sqrt(std::max(per_s(), 4 / short_s) / (2 * short_s));
  if (std::abs(recent - per_s()) > kSurprise * deviation) record_.arrivals = recent * horizon_s;
}

double ArrivalRate::deviation() const { return std::sqrt(per_s() / (2 * record_.horizon_s)); }

double ArrivalRate::recent_per_s() const { return record_.recent_arrivals / (record_.horizon_s * kShorter); }

double ArrivalRate::at_most_per_s() const { return std::max(per_s() + deviation(), recent_per_s()); }

}  // namespace tenfold::core
