#include "core/queue/work.hpp"

#include <algorithm>
#include <cmath>

namespace tenfold::core {

namespace {

constexpr double kLuck = 2;
constexpr double kNsPerMs = 1e6;

Duration to_duration(double ns) {
  return Duration{
      static_cast<Duration::rep>(std::clamp(ns, 0.0, static_cast<double>(std::chrono::hours{24 * 365} / Duration{1})))};
}

}  // namespace

Work& Work::operator+=(const Work& other) {
  expected += other.expected;
  variance_ms2 += other.variance_ms2;
  unknown += other.unknown;
  return *this;
}

Work& Work::operator-=(const Work& other) {
  expected -= other.expected;
  variance_ms2 -= other.variance_ms2;
  unknown -= other.unknown;
  return *this;
}

Duration earliest_start(const Work& before, std::uint64_t slots, Duration longest) {
  if (slots == 0) return Duration::zero();
  const auto n = static_cast<double>(slots);
  const double luck = kLuck * std::sqrt(static_cast<double>(before.variance_ms2)) * kNsPerMs;
  const double unfinished = (n - 1) * static_cast<double>(longest.count());
  return to_duration((static_cast<double>(before.expected.count()) - luck - unfinished) / n);
}

Duration likely_start(const Work& before, std::uint64_t slots, Duration mean) {
  if (slots == 0) return Duration::zero();
  const double unknown = static_cast<double>(before.unknown) * static_cast<double>(mean.count());
  return to_duration((static_cast<double>(before.expected.count()) + unknown) / static_cast<double>(slots));
}

}  // namespace tenfold::core
