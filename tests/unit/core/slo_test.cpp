// The policy `slo`: what it starts for a queue, what it lets go, and what it does not do.
#include "core/scale/slo.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/service_times.hpp"
#include "support/service_driver.hpp"

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;
using test::replica;
using test::request;
using test::ServiceDriver;

// A service whose requests take so long and whose replicas start in 200 ms, and which knows that.
class Slo {
 public:
  explicit Slo(const Settings& settings, Duration service = 100ms) : driver{settings} {
    driver.handle(TimerDue{});
    driver.advance(200ms);
    ready(settings.scale.min_replicas);
    for (int i = 0; i < 20; ++i) {
      driver.arrive(++last);
      const ReplicaId where = driver.of<Dispatch>().at(0).replica;
      driver.advance(service);
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

  // So many arrive in one instant. Returns how many replicas were started for them right after it.
  std::size_t burst(int count) {
    for (; count > 0; --count) {
      driver.arrive(++last);
      EXPECT_TRUE(driver.of<RecordDecision>().empty()) << "an instant is one decision";
    }
    return pass(1us);
  }

  // Time passes. Returns how many replicas were started meanwhile.
  std::size_t pass(Duration span) {
    driver.advance(span);
    decisions = driver.of<RecordDecision>().size();
    if (decisions > 0) told = driver.of<RecordDecision>().back();
    return driver.of<StartReplica>().size();
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
  std::size_t decisions = 0;
  RecordDecision told;
};

TEST(SloPolicy, ABurstThatTheReplicasServeInTimeStartsNothing) {
  Slo slo{Slo::settings(2, 10)};
  EXPECT_EQ(slo.burst(10), 0) << "eight wait for two slots: 0.4 s";
}

TEST(SloPolicy, ABurstStartsTheFewestThatServeItInTimeTheMomentItIsThere) {
  Slo slo{Slo::settings(2, 50)};
  const std::size_t starts = slo.burst(60);
  // 58 wait. Two slots start 10 of them in 500 ms, and a new replica 4 if it is ready in 200 ms sharp: twelve would
  // serve all. A start may take a little longer.
  EXPECT_EQ(starts, 13);
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

// Others compute on the machine, too, and a request gets a quarter of a core.
TEST(SloPolicy, WhatWaitsForACpuIsNotTakenForWhatDoesNotCompute) {
  const auto replicas_for = [](Duration cpu, Duration cpu_wait) {
    Settings settings = Slo::settings(1, 20, 4);
    settings.replica.cpu = 1;
    Slo slo{settings};  // in which requests had their slots for two seconds
    slo.driver.handle(UsageSampled{.replica = replica(1), .cpu = 2 * cpu, .wall = 10min, .cpu_wait = 2 * cpu_wait});
    slo.burst(400);
    return slo.driver.view().desired;
  };
  EXPECT_EQ(replicas_for(250ms, 0ms), 16) << "a quarter of a core each";
  EXPECT_EQ(replicas_for(250ms, 750ms), 4) << "a core each";
  EXPECT_EQ(replicas_for(200ms, 500ms), 10)
      << "0.4 of a core each: without the waits a second's work takes half of one";
}

// Two seconds to run the program or to begin its zygote, and then two milliseconds for each fork.
TEST(SloPolicy, AColdStartIsThatOfTheWayInWhichTheNextReplicaStarts) {
  const auto cold_start = [](std::initializer_list<std::pair<StartWay, Duration>> starts) {
    ServiceTimes times;
    for (const auto& [way, span] : starts) times.started(way, span);
    return times.cold_start();
  };
  EXPECT_EQ(cold_start({{StartWay::kFirstFork, 2s}}), 2s) << "all that is known";
  EXPECT_EQ(cold_start({{StartWay::kFirstFork, 2s}, {StartWay::kFirstFork, 2s}, {StartWay::kFork, 2ms}}), 2ms);
  EXPECT_EQ(cold_start({{StartWay::kFork, 2ms}, {StartWay::kFirstFork, 2s}}), 2ms) << "its zygote was killed";
  EXPECT_EQ(cold_start({{StartWay::kExec, 2s}, {StartWay::kFork, 2ms}}), 2ms) << "another revision";
  EXPECT_EQ(cold_start({{StartWay::kFork, 2ms}, {StartWay::kExec, 2s}}), 2s);
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

TEST(SloPolicy, WhatArrivesInOneInstantIsOneDecision) {
  Slo slo{Slo::settings(2, 50)};
  EXPECT_GT(slo.burst(100), 1);
  EXPECT_EQ(slo.decisions, 1);
}

Settings patient(std::uint32_t min, std::uint32_t max, Duration target) {
  Settings made = Slo::settings(min, max);
  made.scale.slo.target = target;
  return made;
}

// A start of 200 ms serves in time what has waited for 4.8 s of 5.
TEST(SloPolicy, AStartWaitsForTheLastMomentAtWhichItHelps) {
  Slo slo{patient(2, 10, 5s), 60s};
  EXPECT_EQ(slo.burst(3), 0);
  EXPECT_EQ(slo.pass(4700ms), 0);
  EXPECT_EQ(slo.pass(100ms), 1);
  EXPECT_LE(slo.driver.now() - TimePoint{} + 200ms, slo.driver.now() - TimePoint{} + 5s);
}

TEST(SloPolicy, AtTheLastMomentAsManyStartAsWait) {
  Slo slo{patient(2, 100, 5s), 300s};
  EXPECT_EQ(slo.burst(7), 0) << "each new replica takes one, now or later";
  EXPECT_EQ(slo.pass(5s), 5);
}

// Nine requests of a second in five: two slots start ten of them, and nobody is late.
TEST(SloPolicy, NothingStartsForWhatTheSlotsStartInTime) {
  Slo slo{patient(2, 10, 5s), 1s};
  EXPECT_EQ(slo.burst(9), 0);
}

TEST(SloPolicy, NoMoreStartThanWhatWaitsCanUse) {
  Slo slo{Slo::settings(1, 300), 300s};
  EXPECT_EQ(slo.burst(2) + slo.pass(500ms), 1) << "one waits";
}

// Of its first request nothing is known but that it runs on.
TEST(SloPolicy, TheSecondRequestOfANewServiceDoesNotWaitForTheFirst) {
  ServiceDriver driver{Slo::settings(1, 10)};
  driver.start(1);
  driver.arrive(1);
  driver.arrive(2);
  driver.advance(2s);
  EXPECT_GE(driver.view().desired, 2);
  driver.handle(ReplicaReady{replica(2)});
  EXPECT_EQ(driver.view().waiting, 0);
}

TEST(SloPolicy, WhatTakesLongerThanEverBeforeIsNotWaitedFor) {
  Slo slo{Slo::settings(1, 10)};
  EXPECT_EQ(slo.burst(2), 0) << "of 100 ms each, the second is in time";
  EXPECT_EQ(slo.pass(2s), 1) << "the first runs for longer than any did";
}

TEST(SloPolicy, WithMinZeroTheLastReplicaGoesWithinItsHold) {
  Slo slo{Slo::settings(1, 10)};
  Settings settings = Slo::settings(0, 10);
  slo.driver.handle(ConfigChanged{settings});
  slo.burst(5);
  slo.drain();
  slo.driver.advance(1s);
  EXPECT_EQ(slo.driver.view().desired, 0) << "a start takes 200 ms";
}

// Starts take five seconds and requests a minute: one that finds no slot is late, whatever is started then.
TEST(SloPolicy, WhereStartsTakeLongerThanAWaitMaySpareSlotsAreThere) {
  ServiceDriver driver{Slo::settings(1, 50)};
  driver.start(0);
  driver.advance(5s);
  driver.handle(ReplicaReady{replica(1)});
  std::uint32_t ready = 1;
  std::uint64_t late = 0;
  const auto let_start = [&] {
    for (const StartReplica& start : driver.of<StartReplica>()) ready = std::max(ready, to_number(start.replica));
  };
  for (std::uint64_t n = 1; n <= 200; ++n) {
    driver.arrive(n);
    late += n > 20 && driver.of<Dispatch>().empty() ? 1 : 0;
    driver.advance(5s);
    let_start();
    for (const ReplicaRecord& record : driver.service().save().replicas)
      if (record.state == ReplicaState::kStarting) driver.handle(ReplicaReady{record.id});
    driver.advance(7s);
    for (const RequestRecord& record : driver.service().save().running)
      if (driver.now() - record.dispatched >= 60s) driver.answer(to_number(record.id), to_number(record.replica));
  }
  EXPECT_EQ(late, 0) << "one comes every twelve seconds, five are under way, and a sixth slot waits for the next";
  EXPECT_LE(driver.view().ready + driver.view().starting, 8U);
}

// Starts fail, and the next is tried after a pause; meanwhile slots are missing that are to be in stock.
TEST(SloPolicy, WhatCannotBeStartedIsNotAskedForAgainAndAgain) {
  ServiceDriver driver{Slo::settings(1, 50)};
  driver.start(0);
  driver.advance(5s);
  driver.handle(ReplicaReady{replica(1)});
  bool has_failed = false;
  for (std::uint64_t n = 1; n <= 6; ++n) {
    driver.arrive(n);
    driver.advance(100ms);
    for (const ReplicaRecord& record : driver.service().save().replicas) {
      if (record.state != ReplicaState::kStarting) continue;
      driver.handle(ReplicaExited{record.id, ExitKind::kNotStarted, 1});
      has_failed = true;
    }
  }
  ASSERT_TRUE(has_failed);
  const TimePoint end = driver.now() + 10s;
  int looks = 0;
  for (; driver.service().next_deadline() < end; ++looks) {
    driver.advance(driver.service().next_deadline() - driver.now());
    ASSERT_LT(looks, 1000);
  }
  EXPECT_GT(looks, 10) << "something waits";
}

TEST(SloPolicy, WhoLeavesTheQueueWasLate) {
  Slo slo{Slo::settings(1, 10)};
  const double before = slo.driver.service().save().slo.late;
  slo.burst(3);
  slo.driver.handle(RequestCancelled{request(slo.last)});
  slo.pass(1s);
  EXPECT_GT(slo.driver.service().save().slo.late, before);
}

// A replica uses its own CPU, however many slots it has: two of them fill two cores.
TEST(SloPolicy, SlotsThatShareOneCpuLeaveTheOtherCoreToAnotherReplica) {
  Settings settings = Slo::settings(1, 10, 2);
  settings.replica.concurrency = 4;
  settings.replica.cpu = 1;
  Slo slo{settings};
  slo.driver.arrive(++slo.last);
  slo.driver.advance(1s);
  slo.driver.handle(UsageSampled{.replica = replica(1), .cpu = 1s, .wall = 1s});
  slo.burst(400);
  slo.pass(1s);
  EXPECT_EQ(slo.driver.view().desired, 2);
}

// A burst of twenty once in a minute: what was late twice finds its replicas from then on.
TEST(SloPolicy, BurstsThatComeAgainFindTheirReplicas) {
  Slo slo{Slo::settings(1, 50), 1s};
  std::size_t starts = 0;
  for (int round = 0; round < 6; ++round) {
    starts = slo.burst(20);
    for (int step = 0; step < 600; ++step) {
      starts += slo.pass(100ms);
      const Checkpoint now = slo.driver.service().save();
      for (const ReplicaRecord& record : now.replicas)
        if (record.state == ReplicaState::kStarting && slo.driver.now() - record.since >= 3s)
          slo.driver.handle(ReplicaReady{record.id});
      for (const RequestRecord& record : now.running)
        if (slo.driver.now() - record.dispatched >= 1s)
          slo.driver.answer(to_number(record.id), to_number(record.replica));
    }
  }
  EXPECT_EQ(starts, 0) << "in the last round";
  EXPECT_GT(slo.driver.view().ready, 10U);
}

}  // namespace
}  // namespace tenfold::core
