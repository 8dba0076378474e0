// Time as the core knows it: points and spans, and no way to ask what time it is.
#pragma once

#include <chrono>
#include <cstdint>

namespace tenfold::core {

using Duration = std::chrono::nanoseconds;

// A clock without `now()`: time comes into the core with every call, so a core that looks at a clock does not compile.
// Drivers choose the zero: the live world uses the machine's steady clock, a simulation starts at zero.
struct Clock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock, duration>;
  static constexpr bool is_steady = true;  // NOLINT(readability-identifier-naming): the standard names it
};

using TimePoint = Clock::time_point;

// Later than anything that happens: the deadline of what has none.
inline constexpr TimePoint kNever = TimePoint::max();

inline constexpr double to_seconds(Duration span) { return std::chrono::duration<double>{span}.count(); }

}  // namespace tenfold::core
