// What the board keeps of the last minutes: seconds, and percentiles of a minute.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "live/board/recent_spans.hpp"
#include "live/board/timeline.hpp"

namespace tenfold::live {
namespace {

using namespace std::chrono_literals;

core::TimePoint at(core::Duration time) { return core::TimePoint{time}; }

TEST(RecentSpans, AreRightWithinSevenPercent) {
  RecentSpans spans;
  for (int i = 1; i <= 1000; ++i) spans.add(at(5s), i * 1ms);
  const SpanPercentiles all = spans.percentiles(at(5s));
  EXPECT_EQ(all.count, 1000U);
  EXPECT_NEAR(core::to_seconds(all.p50), 0.500, 0.035);
  EXPECT_NEAR(core::to_seconds(all.p95), 0.950, 0.067);
  EXPECT_NEAR(core::to_seconds(all.p99), 0.990, 0.070);
}

TEST(RecentSpans, EveryLengthIsRightWithinSevenPercent) {
  for (core::Duration span = 40us; span < 8h; span += span / 7) {
    RecentSpans spans;
    spans.add(at(1s), span);
    const double told = core::to_seconds(spans.percentiles(at(1s)).p50);
    EXPECT_NEAR(told, core::to_seconds(span), 0.07 * core::to_seconds(span));
  }
}

TEST(RecentSpans, TakeTheShortestAndTheLongest) {
  RecentSpans spans;
  spans.add(at(1s), 0s);
  spans.add(at(1s), -1s);
  spans.add(at(1s), 1000h);
  EXPECT_EQ(spans.percentiles(at(1s)).count, 3U);
  EXPECT_LT(spans.percentiles(at(1s)).p50, 40us);
  EXPECT_GT(spans.percentiles(at(1s)).p99, 10h);
}

TEST(RecentSpans, ForgetAfterAMinute) {
  RecentSpans spans;
  EXPECT_EQ(spans.percentiles(at(1s)).count, 0U);
  spans.add(at(10s), 1ms);
  spans.add(at(69s), 100ms);
  EXPECT_EQ(spans.percentiles(at(69s)).count, 2U);
  EXPECT_EQ(spans.percentiles(at(70s)).count, 1U);
  EXPECT_GT(spans.percentiles(at(70s)).p50, 90ms);
  spans.add(at(130s), 1ms);
  EXPECT_EQ(spans.percentiles(at(130s)).count, 1U) << "its place was that of the one at 10 s";
  EXPECT_EQ(spans.percentiles(at(300s)).count, 0U);
}

TEST(Timeline, KeepsTheMostOfASecondAndItsEnd) {
  Timeline timeline;
  timeline.see(at(10s), {.waiting = 5, .running = 1, .ready = 1, .desired = 2});
  timeline.see(at(10'500ms), {.waiting = 90, .running = 2, .ready = 2, .desired = 3});
  timeline.see(at(10'900ms), {.waiting = 0, .running = 0, .ready = 2, .desired = 2});
  timeline.count_arrival(at(10'900ms));
  timeline.count_answer(at(10'900ms), false);
  timeline.count_answer(at(10'900ms), true);
  const auto& seconds = timeline.seconds(at(10'950ms));
  ASSERT_EQ(seconds.size(), 1U);
  EXPECT_EQ(seconds[0].number, 10);
  EXPECT_EQ(seconds[0].waiting, 90U);
  EXPECT_EQ(seconds[0].running, 2U);
  EXPECT_EQ(seconds[0].desired, 2U);
  EXPECT_EQ(seconds[0].arrived, 1U);
  EXPECT_EQ(seconds[0].answered, 2U);
  EXPECT_EQ(seconds[0].failed, 1U);
}

TEST(Timeline, WhereNothingHappensAllStaysAsItWas) {
  Timeline timeline;
  timeline.see(at(10s), {.waiting = 7, .running = 3, .ready = 2, .desired = 2});
  timeline.see(at(10'100ms), {.waiting = 4, .running = 3, .ready = 2, .desired = 2});
  timeline.count_arrival(at(10'100ms));
  const auto& seconds = timeline.seconds(at(13s));
  ASSERT_EQ(seconds.size(), 4U);
  EXPECT_EQ(seconds[3].number, 13);
  EXPECT_EQ(seconds[3].waiting, 4U);
  EXPECT_EQ(seconds[3].ready, 2U);
  EXPECT_EQ(seconds[3].arrived, 0U);
}

TEST(Timeline, KeepsTenMinutes) {
  Timeline timeline;
  timeline.see(at(10s), {.waiting = 1});
  EXPECT_EQ(timeline.seconds(at(609s)).size(), Timeline::kSeconds);
  EXPECT_EQ(timeline.seconds(at(609s)).front().number, 10);
  EXPECT_EQ(timeline.seconds(at(700s)).front().number, 101);
  EXPECT_EQ(timeline.seconds(at(100'000s)).size(), Timeline::kSeconds);
  EXPECT_EQ(timeline.seconds(at(100'000s)).back().number, 100'000);
  EXPECT_EQ(timeline.seconds(at(100'000s)).back().waiting, 1U);
}

}  // namespace
}  // namespace tenfold::live
