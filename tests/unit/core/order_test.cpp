// The orders of the queue as one number.
#include "core/queue/order.hpp"

#include <gtest/gtest.h>

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;

std::int64_t rank(double aging, Duration expected, Duration arrived) {
  return rank_of({.order = QueueOrder::kShortest, .aging = aging},
                 {.arrived = TimePoint{arrived}, .expected = expected});
}

TEST(Order, OfFifoIsTheOrderOfArrival) { EXPECT_EQ(rank_of({}, {.arrived = TimePoint{5s}, .expected = 1s}), 0); }

TEST(Order, AShorterRequestOvertakesWithinTheDifferenceOverAging) {
  for (const double aging : {0.1, 1.0, 2.5, 100.0}) {
    const Duration within{static_cast<Duration::rep>(9e9 / aging)};  // (10 s - 1 s) / aging
    EXPECT_LT(rank(aging, 1s, 50s + within - 1ms), rank(aging, 10s, 50s)) << aging;
    EXPECT_GT(rank(aging, 1s, 50s + within + 1ms), rank(aging, 10s, 50s)) << aging;
  }
}

TEST(Order, TheLargestAgingHoldsForAHundredYears) {
  const Duration century = 24h * 36525;
  EXPECT_LT(rank(1e6, 1s, century), rank(1e6, 1s, century + 1ms));
  EXPECT_LT(rank(1e6, 1s, 3h), rank(1e6, 1s, century));
  EXPECT_GT(rank(1e6, 1s, 0s), 0);
}

}  // namespace
}  // namespace tenfold::core
