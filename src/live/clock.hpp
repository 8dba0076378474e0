// The loop's clock in the core's terms, and back.
#pragma once

#include <chrono>
#include <functional>

#include "core/time.hpp"
#include "http/loop.hpp"

namespace tenfold::live {

// Now, on the core's axis. Zero is the loop's clock's own zero.
inline core::TimePoint now(const http::Loop& loop) { return core::TimePoint{loop.now().time_since_epoch()}; }

// The same instant for a timer of the loop.
inline http::Loop::TimePoint to_loop_time(core::TimePoint time) {
  return http::Loop::TimePoint{std::chrono::duration_cast<http::Loop::TimePoint::duration>(time.time_since_epoch())};
}

// The wall clock. It may be set while the service runs: nothing is timed by it.
using WallClock = std::function<std::chrono::system_clock::time_point()>;

}  // namespace tenfold::live
