// The orders of the queue: how soon a request runs, as one number that does not change while it waits.
#pragma once

#include <cstdint>

#include "core/checkpoint.hpp"
#include "core/settings.hpp"

namespace tenfold::core {

// The smallest rank goes first. Of `shortest`: shortest expected processing time first (Smith 1956; it has the smallest
// mean completion of all orders that do not look into requests), with linear aging. A request's priority at time t is
//
//     expected - aging * (t - arrived)
//
// and since the age of all grows alike, expected + aging * arrived orders them the same for all time. A request of
// expected time E is overtaken only by requests of expected time e that come within (E - e) / aging after it: that
// bounds its wait whatever else comes, so nothing starves.
//
// Aging may be a million, and times are nanoseconds: above one it divides what is expected instead, which orders alike
// and stays within 64 bits for as long as the times do.
inline std::int64_t rank_of(const QueueSettings& settings, const RequestRecord& request) {
  if (settings.order == QueueOrder::kFifo) return 0;
  const std::int64_t arrived = request.arrived.time_since_epoch().count();
  const std::int64_t expected = request.expected.count();
  if (settings.aging > 1) return static_cast<std::int64_t>(static_cast<double>(expected) / settings.aging) + arrived;
  return expected + static_cast<std::int64_t>(settings.aging * static_cast<double>(arrived));
}

}  // namespace tenfold::core
