// How high a level has been, and when it was so last.
#pragma once

#include <cstdint>
#include <optional>

#include "core/checkpoint.hpp"
#include "core/time.hpp"

namespace tenfold::core {

// A level of replicas over time, with its peaks of the last day: each is higher than all that came after it, so there
// are no more than levels.
class HighWater {
 public:
  explicit HighWater(HighWaterRecord& record) : record_{record} {}

  // The level is `level` from now on. O(1) amortized.
  void set(TimePoint now, std::uint32_t level);
  std::uint32_t level() const { return record_.level; }

  // The highest level since `then`.
  std::uint32_t most_since(TimePoint then) const;
  // When the level last fell below `level`, which is above the level of now; nothing if it never was there.
  std::optional<TimePoint> last_at(std::uint32_t level) const;
  // When the highest level since `then` is over for as long as from `then` until `now`; nothing if that is the level
  // of now.
  std::optional<TimePoint> next_fall(TimePoint now, Duration hold) const;

 private:
  HighWaterRecord& record_;
};

}  // namespace tenfold::core
