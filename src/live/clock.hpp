// The live world's clock: the machine's steady clock, in the core's terms.
#pragma once

#include <chrono>

#include "core/time.hpp"

namespace tenfold::live {

// Now, on the core's axis. Zero is the steady clock's own zero.
inline core::TimePoint now() { return core::TimePoint{std::chrono::steady_clock::now().time_since_epoch()}; }

// The same instant for a timer of the loop.
inline std::chrono::steady_clock::time_point to_steady(core::TimePoint time) {
  return std::chrono::steady_clock::time_point{
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(time.time_since_epoch())};
}

}  // namespace tenfold::live
