// The policy `slo`: what it starts for a queue, what it lets go, and what it does not do.
#include "core/scale/slo.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "support/service_driver.hpp"

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;
using test::replica;
using test::request;
using test::ServiceDriver;

// A service whose requests take 100 ms and whose replicas start in 200 ms, and which knows that.
class Slo {
 public:
  explicit Slo(const Settings& settings) : driver{settings} {
    driver.handle(TimerDue{});
    driver.advance(200ms);
    ready(settings.scale.min_replicas);
    for (int i = 0; i < 20; ++i) {
      driver.arrive(++last);
      const ReplicaId where = driver.of<Dispatch>().at(0).replica;
      driver.advance(100ms);
      driver.answer(last, to_number(where));
    }
    driver.advance(10min);
  }

  static Settings settings(std::uint32_t min, std::uint32_t max, double cores = 0) {
    Settings made;
    made.scale.policy = PolicyKind::kSlo;
    made.scale.min_replicas = min;
    made.scale.max_replicas = max;
    made.scale.slo.target = 500ms;
    made.machine.cores = cores;
    return made;
  }

  // The next replicas become ready.
  void ready(std::uint32_t count) {
    for (; count > 0; --count) driver.handle(ReplicaReady{replica(++started)});
  }

  // So many arrive at once. Returns how many replicas were started for them.
  std::size_t burst(int count) {
    std::size_t starts = 0;
    for (; count > 0; --count) {
      driver.arrive(++last);
      for (const RecordDecision& decision : driver.of<RecordDecision>()) told = decision;
      starts += driver.of<StartReplica>().size();
    }
    return starts;
  }

  // Answers all that runs, over and over, each after 100 ms, until nothing is left.
  void drain() {
    while (driver.view().running > 0) {
      driver.advance(100ms);
      for (const RequestRecord& record : driver.service().save().running) {
        driver.answer(to_number(record.id), to_number(record.replica));
      }
    }
  }

  ServiceDriver driver;
  std::uint64_t last = 0;
  std::uint32_t started = 0;
  RecordDecision told;
};

TEST(SloPolicy, ABurstThatTheReplicasServeInTimeStartsNothing) {
  Slo slo{Slo::settings(2, 10)};
  EXPECT_EQ(slo.burst(10), 0) << "eight wait for two slots: 0.4 s";
}

TEST(SloPolicy, ABurstStartsTheFewestThatServeItInTimeTheMomentItIsThere) {
  Slo slo{Slo::settings(2, 50)};
  const std::size_t starts = slo.burst(60);
  // 58 wait. Two slots start 10 of them in 500 ms, and a new replica 4: twelve serve all in time, and as a twentieth
  // may be late, one less is enough.
  EXPECT_EQ(starts, 11);
  EXPECT_EQ(slo.told.policy, PolicyKind::kSlo);
  EXPECT_GT(slo.told.metric, 0.5) << "the predicted wait";
  EXPECT_EQ(slo.told.target, 0.5);
  EXPECT_EQ(slo.told.evidence.service, 100ms);
  EXPECT_EQ(slo.told.evidence.cold_start, 200ms);
}

TEST(SloPolicy, MaxIsTheServices) {
  Slo slo{Slo::settings(2, 10)};
  EXPECT_EQ(slo.burst(200), 8);
  EXPECT_EQ(slo.driver.view().desired, 10);
}

TEST(SloPolicy, ReplicasBeyondTheCoresAreNotStartedAndItSaysWhy) {
  Slo slo{Slo::settings(2, 10, 2)};
  EXPECT_EQ(slo.burst(100), 0);
  EXPECT_EQ(slo.told.limit, Limit::kCores);
  EXPECT_GT(slo.told.recommended, 2);
  EXPECT_EQ(slo.told.stabilized, 2);
}

TEST(SloPolicy, WhatDoesNotComputeMayHaveMoreReplicasThanCores) {
  Slo slo{Slo::settings(2, 10, 2)};
  slo.driver.arrive(++slo.last);
  const ReplicaId where = slo.driver.of<Dispatch>().at(0).replica;
  slo.driver.advance(1s);
  slo.driver.handle(UsageSampled{.replica = where, .cpu = 50ms, .wall = 1s});
  EXPECT_EQ(slo.burst(200), 8);
}

TEST(SloPolicy, WhatIsSpareGoesAsSoonAsItWasKeptForAColdStart) {
  Slo slo{Slo::settings(2, 10)};
  slo.burst(200);
  slo.driver.advance(200ms);
  slo.ready(8);
  slo.drain();
  const TimePoint idle = slo.driver.now();
  while (slo.driver.view().desired > 2 && slo.driver.now() < idle + 5min) slo.driver.advance(100ms);
  EXPECT_EQ(slo.driver.view().desired, 2);
  EXPECT_LT(slo.driver.now() - idle, 2min);
}

TEST(SloPolicy, OtherRulesAreAFloor) {
  Settings settings = Slo::settings(1, 10, 2);
  settings.scale.rules = {{.name = "jobs", .kind = RuleKind::kCustom, .target = 5, .keep = 10s}};
  Slo slo{settings};
  slo.driver.handle(MetricObserved{.rule = 0, .value = 19});
  slo.driver.advance(1s);
  EXPECT_EQ(slo.driver.view().desired, 4) << "ceil(19 / 5), cores or not: it was asked for by name";
  slo.driver.advance(30s);
  EXPECT_EQ(slo.driver.view().desired, 1) << "too old, it counts no more";
}

// P(W > t) of M/M/n: C(n, a) exp(-(n - a) t / s), for 7.5 erlangs and a whole service time: 0.1136 with 9 servers,
// 0.0251 with 10.
TEST(SloPolicy, SizesAStationaryQueueByErlangC) {
  EXPECT_EQ(servers_for(7.5, 0.5, 1, 0.5, 0.12), 9);
  EXPECT_EQ(servers_for(7.5, 0.5, 1, 0.5, 0.11), 10);
  EXPECT_EQ(servers_for(7.5, 0.5, 1, 0.5, 0.05), 10);
  EXPECT_EQ(servers_for(0, 0.5, 1, 0.5, 0.05), 0);
  EXPECT_LT(servers_for(7.5, 0.5, 0, 0.5, 0.05), servers_for(7.5, 0.5, 8, 0.5, 0.05)) << "variation costs servers";
}

}  // namespace
}  // namespace tenfold::core
