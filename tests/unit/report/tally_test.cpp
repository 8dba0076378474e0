// Any number of requests is told in bounded memory: what was kept and what was only measured tell the same.
#include "report/tally.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_service.hpp"
#include "report/load_curve.hpp"

namespace tenfold::report {
namespace {

using namespace std::chrono_literals;
using testing::DoubleNear;
using testing::ElementsAre;

core::TimePoint at(core::Duration since) { return core::TimePoint{since}; }

// Two bursts with a rest between them, of `requests` each; the second on replicas that take twice as long.
Story two_bursts(std::size_t most_kept, const Selection& selection, std::uint64_t requests = 300) {
  FakeService service;
  service.collector = Collector{Origin::kSimulation, {}, most_kept};
  service.start(1, 2, 10ms);
  for (const core::Duration length : {50ms, 100ms}) {
    service.now += 10s;
    for (std::uint64_t n = 0; n < requests; n += 4) {
      service.arrive(4);
      service.serve_round(length);
    }
    service.serve_all(length);
  }
  Story story = service.finish(selection);
  if (const auto range = service.collector.range_to_take()) {
    FakeService again;
    again.collector = Collector{Origin::kSimulation, range, most_kept};
    again.start(1, 2, 10ms);
    for (const core::Duration length : {50ms, 100ms}) {
      again.now += 10s;
      for (std::uint64_t n = 0; n < requests; n += 4) {
        again.arrive(4);
        again.serve_round(length);
      }
      again.serve_all(length);
    }
    story = again.finish(selection);
    EXPECT_FALSE(again.collector.range_to_take());
  }
  return story;
}

void expect_same(const Percentiles& a, const Percentiles& b) {
  EXPECT_EQ(a.count, b.count);
  EXPECT_DOUBLE_EQ(a.mean_s, b.mean_s);
  EXPECT_DOUBLE_EQ(a.p95_s, b.p95_s);
  EXPECT_DOUBLE_EQ(a.max_s, b.max_s);
}

TEST(Tally, WhatIsOnlyMeasuredTellsWhatIsKeptTells) {
  for (const Selection& selection : {Selection{.scope = Scope::kWholeRun}, Selection{.scope = Scope::kLastBurst},
                                     Selection{.scope = Scope::kNumberedBurst, .number = 1},
                                     Selection{.scope = Scope::kTimes, .from = 11s, .until = 12s}}) {
    SCOPED_TRACE(static_cast<int>(selection.scope));
    const Story kept = two_bursts(1000, selection);
    const Story measured = two_bursts(50, selection);
    ASSERT_TRUE(kept.burst);
    ASSERT_TRUE(measured.burst);
    const Burst& a = *kept.burst;
    const Burst& b = *measured.burst;
    EXPECT_EQ(a.arrivals, b.arrivals);
    EXPECT_EQ(a.began, b.began);
    EXPECT_EQ(a.ended, b.ended);
    EXPECT_EQ(a.told_until, b.told_until);
    EXPECT_EQ(kept.bursts.size(), measured.bursts.size());
    EXPECT_EQ(kept.pause, measured.pause);
    expect_same(a.wait, b.wait);
    expect_same(a.service, b.service);
    expect_same(a.total, b.total);
    EXPECT_THAT(b.mean_completion_s, DoubleNear(a.mean_completion_s, 1e-9));
    EXPECT_EQ(a.shares, b.shares);
    EXPECT_EQ(a.took_slots_at_once, b.took_slots_at_once);
    EXPECT_EQ(a.most_within_evaluation, b.most_within_evaluation);
    EXPECT_EQ(a.load_facts.deepest_queue, b.load_facts.deepest_queue);
    EXPECT_EQ(a.load_facts.deepest_at, b.load_facts.deepest_at);
    EXPECT_EQ(a.load_facts.emptied_at, b.load_facts.emptied_at);
    EXPECT_EQ(a.requests.size(), b.requests.size());
    for (std::size_t i = 0; i < a.slowest.size(); ++i) EXPECT_EQ(a.slowest[i].id, b.slowest.at(i).id);
    EXPECT_EQ(kept.replicas.at(0).answered, measured.replicas.at(0).answered);
  }
}

TEST(Tally, KeepsSomeOfVeryManyEvenlyAndMeasuresAll) {
  Tally tally{{.began = at(0s)}};
  constexpr std::uint64_t kMany = 300'000;
  for (std::uint64_t n = 0; n < kMany; ++n) {
    const core::TimePoint arrived = at(n * 1ms);
    tally.add({.id = core::RequestId{n + 1},
               .arrived = arrived,
               .dispatched = arrived + 10ms,
               .ended = arrived + 30ms,
               .replica = core::ReplicaId{1},
               .end = n % 100'000 == 7 ? End::kRejected : End::kAnswered},
              n, {});
  }
  const Burst burst = tally.finish({});
  EXPECT_EQ(burst.arrivals, kMany);
  EXPECT_LE(burst.requests.size(), Burst::kMostKept);
  EXPECT_GT(burst.requests.size(), Burst::kMostKept / 2);
  EXPECT_EQ(burst.requests.at(1).arrived, at(burst.stride * 1ms));
  EXPECT_NEAR(burst.wait.p95_s, 0.01, 1e-5);
  EXPECT_NEAR(burst.total.mean_s, 0.03, 1e-9);
  EXPECT_EQ(burst.failures, 3);
  EXPECT_EQ(burst.failed.at(1).id, core::RequestId{100'008});
  EXPECT_LE(burst.waits.all().size(), 440);
  std::uint64_t drawn = 0;
  for (const WaitColumn& column : burst.waits.all()) drawn += column.requests;
  EXPECT_EQ(drawn, kMany);
  double busy_s = 0;
  for (const BusyColumn& column : burst.lanes.begin()->second.columns.all()) busy_s += column.busy_s;
  EXPECT_NEAR(busy_s, kMany * 0.02, 1e-3);
}

TEST(Tally, KeepsTheLanesOfThoseThatWereBusiest) {
  Tally tally{{.began = at(0s)}};
  for (std::uint32_t n = 1; n <= 1000; ++n) {
    const core::TimePoint arrived = at(n * 1s);
    tally.add({.id = core::RequestId{n},
               .arrived = arrived,
               .dispatched = arrived,
               .ended = arrived + (n % 10 == 0 ? 900ms : 10ms),
               .replica = core::ReplicaId{n},
               .end = End::kAnswered},
              n, {});
  }
  const Burst burst = tally.finish({});
  EXPECT_EQ(burst.lanes.size(), Burst::kMostLanes);
  for (std::uint32_t n = 10; n <= 1000; n += 10) EXPECT_TRUE(burst.lanes.contains(core::ReplicaId{n})) << n;
  EXPECT_EQ(burst.shares.size(), 1000);
}

TEST(ArrivalWindow, IsTheMostWithinASpan) {
  ArrivalWindow window{1s};
  for (const core::Duration since : {0ms, 0ms, 500ms, 999ms, 1000ms, 3000ms}) window.add(at(since));
  EXPECT_EQ(window.most(), 4) << "what is a span later is no more within";
}

TEST(LoadCurve, OfVeryManyPointsKeepsPeaksAndPausesAndIsAsFineEverywhere) {
  LoadCurve curve;
  constexpr std::uint32_t kMany = 5'000'000;
  for (std::uint32_t n = 0; n < kMany; ++n) {
    const bool is_pause = n > kMany / 2 && n < kMany / 2 + 100'000;
    curve.add({at(n * 1us), is_pause ? 0 : n % 5, is_pause ? 0U : n == 777'777 ? 9U : 2U});
  }
  const std::vector<LoadPoint> points = curve.points();
  EXPECT_LE(points.size(), std::size_t{1} << 18);
  EXPECT_GT(points.size(), std::size_t{1} << 16);
  EXPECT_EQ(curve.facts().most_running, 9);
  EXPECT_EQ(std::ranges::max(points, {}, &LoadPoint::running).running, 9);
  EXPECT_EQ(curve.facts().deepest_queue, 4);
  EXPECT_EQ(curve.facts().deepest_at, at(4us));
  core::Duration longest{};
  std::size_t pauses = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    longest = std::max(longest, points[i].at - points[i - 1].at);
    const bool is_pause = points[i].at - points[i - 1].at > 90ms;
    if (is_pause) pauses += points[i - 1].waiting + points[i - 1].running == 0 ? 1 : 0;
  }
  EXPECT_EQ(pauses, 1) << "nothing ran until the next point";
  EXPECT_LT(points[points.size() / 4].at, at(1500ms));
  EXPECT_GT(points[points.size() / 4].at, at(1000ms));
  EXPECT_LT(longest, 101ms);
}

TEST(TimeColumns, GrowWiderInsteadOfMore) {
  TimeColumns<BusyColumn> columns{at(1s), 1s, 4};
  for (int n = 0; n < 16; ++n) columns.at(at(std::chrono::seconds{n + 1})).busy_s += n;
  EXPECT_EQ(columns.width(), 4s);
  std::vector<double> values;
  for (const BusyColumn& column : columns.all()) values.push_back(column.busy_s);
  EXPECT_THAT(values, ElementsAre(6, 22, 38, 54));
}

TEST(Outline, OfATrickleIsBoundedAndOneBurst) {
  Outline outline;
  core::TimePoint now = at(0s);
  for (int n = 0; n < 250'000; ++n) {
    now += 1s;
    outline.arrived(now);
    outline.ended(now + 10ms);
  }
  EXPECT_EQ(outline.pause(), 10s);
  now += 11s;
  outline.arrived(now);
  const auto bursts = outline.bursts(now + 1s);
  ASSERT_EQ(bursts.size(), 2);
  EXPECT_EQ(bursts[0].requests, 250'000);
  EXPECT_EQ(bursts[1].ended, now + 1s);
}

}  // namespace
}  // namespace tenfold::report
