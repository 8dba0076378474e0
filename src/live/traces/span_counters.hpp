// What became of spans.
#pragma once

#include <cstdint>

namespace tenfold::live {

// Totals since the start.
struct SpanCounters {
  std::uint64_t sent = 0;
  std::uint64_t no_room = 0;   // lost: the collector took less than came
  std::uint64_t refused = 0;   // lost: the collector did not want them
  std::uint64_t given_up = 0;  // lost: it could not be reached for too long, or until the end

  std::uint64_t lost() const { return no_room + refused + given_up; }
};

}  // namespace tenfold::live
