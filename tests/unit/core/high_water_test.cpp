// Peaks of a level, and what pauses between them teach.
#include "core/scale/high_water.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "core/duration_histogram.hpp"
#include "core/scale/pauses.hpp"

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;

TimePoint at(Duration span) { return TimePoint{span}; }

// Against the whole history, asked at every second and for every span.
TEST(HighWater, IsTheHighestLevelOfASpanThatEndsNow) {
  HighWaterRecord record;
  HighWater level{record};
  std::vector<std::uint32_t> history;
  std::uint32_t state = 7;
  for (int second = 0; second < 300; ++second) {
    state = state * 1664525U + 1013904223U;
    const std::uint32_t value = (state >> 24) % 12;
    level.set(at(std::chrono::seconds{second}), value);
    history.push_back(value);
    for (int span = 0; span <= second; span += 7) {
      // What ended at the instant at which the span begins is not in it.
      const auto first = history.begin() + (second - span);
      const std::uint32_t most = *std::max_element(first, history.end());
      EXPECT_EQ(level.most_since(at(std::chrono::seconds{second - span})), most) << second << " " << span;
    }
  }
  EXPECT_LE(record.peaks.size(), 12U);
}

TEST(HighWater, KnowsWhenALevelWasThereLast) {
  HighWaterRecord record;
  HighWater level{record};
  level.set(at(1s), 20);
  level.set(at(2s), 3);
  level.set(at(60s), 5);
  level.set(at(61s), 1);
  EXPECT_EQ(level.last_at(4), at(61s));
  EXPECT_EQ(level.last_at(6), at(2s));
  EXPECT_EQ(level.last_at(21), std::nullopt);
  EXPECT_EQ(level.next_fall(at(61s), 10s), at(71s));
  EXPECT_EQ(level.next_fall(at(72s), 10s), std::nullopt);
}

TEST(Pauses, WhatIsLateWithinWhatIsAllowedTeachesNothing) {
  PauseRecord record;
  Pauses pauses{record};
  pauses.ended(30s);
  pauses.served(1000, 49);
  EXPECT_EQ(pauses.worth_holding(0.05), 0s);
  pauses.served(10, 10);
  EXPECT_GT(pauses.worth_holding(0.05), 30s);
}

TEST(Pauses, TheShortestHoldThatHelpsIsWorthIt) {
  PauseRecord record;
  Pauses pauses{record};
  pauses.ended(10s);
  pauses.served(100, 50);
  pauses.ended(600s);
  pauses.served(1000, 30);
  EXPECT_GT(pauses.worth_holding(0.05), 10s);
  EXPECT_LT(pauses.worth_holding(0.05), 20s) << "without the ten seconds' 50, 30 of 1100 are left";
}

TEST(Pauses, WhatNeverWasThereTeachesNothing) {
  PauseRecord record;
  Pauses pauses{record};
  pauses.ended();
  pauses.served(100, 90);
  EXPECT_EQ(pauses.worth_holding(0.05), 0s);
}

TEST(Pauses, WhatIsLongAgoInRequestsIsForgotten) {
  PauseRecord record;
  Pauses pauses{record};
  pauses.ended(30s);
  pauses.served(100, 90);
  EXPECT_GT(pauses.worth_holding(0.05), 0s);
  for (int i = 0; i < 40; ++i) pauses.served(1000, 0);
  EXPECT_EQ(pauses.worth_holding(0.05), 0s);
}

}  // namespace
}  // namespace tenfold::core
