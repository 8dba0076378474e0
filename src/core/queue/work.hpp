// How much work lies before a request, and how soon it could start therefore.
#pragma once

#include <cstdint>

#include "core/time.hpp"

namespace tenfold::core {

// What a set of requests is expected to take in slots, all together.
struct Work {
  Duration expected{};
  // Of what it takes really; in square milliseconds, which add up exactly.
  std::uint64_t variance_ms2 = 0;
  // Requests of which nothing was known when they came. They are not in `expected`.
  std::uint32_t unknown = 0;

  Work& operator+=(const Work& other);
  Work& operator-=(const Work& other);
  friend bool operator==(const Work&, const Work&) = default;
};

// No request behind `before` starts earlier: even if `slots` work on nothing else from now on, and at a pace that luck
// brings once in fifty times (two standard deviations). What is under way in the other slots when it starts need not
// be done: at most `longest` in each.
Duration earliest_start(const Work& before, std::uint64_t slots, Duration longest);

// When a request behind `before` starts if `slots` go on to be busy; of what is unknown each takes `mean`.
Duration likely_start(const Work& before, std::uint64_t slots, Duration mean);

}  // namespace tenfold::core
