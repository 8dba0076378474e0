// The policy `per-request`: a replica for each request that finds none free, and which replicas end when.
#include "core/scale/per_request.hpp"

#include <gtest/gtest.h>

#include "support/service_driver.hpp"

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;
using test::replica;
using test::ServiceDriver;

class PerRequest : public testing::Test {
 protected:
  static Settings settings(std::uint32_t min, std::uint32_t max, std::uint32_t slots = 1) {
    Settings made;
    made.scale.policy = PolicyKind::kPerRequest;
    made.scale.min_replicas = min;
    made.scale.max_replicas = max;
    made.scale.per_request.keep_alive = 10min;
    made.replica.concurrency = slots;
    return made;
  }

  // So many arrive in one instant. Returns how many replicas were started for them.
  std::size_t burst(ServiceDriver& driver, int count) {
    std::size_t starts = 0;
    for (; count > 0; --count) {
      driver.arrive(++last_);
      starts += driver.of<StartReplica>().size();
    }
    driver.advance(1us);
    return starts + driver.of<StartReplica>().size();
  }

  // One arrives, and finds this replica free.
  static ReplicaId where(ServiceDriver& driver, std::uint64_t number) {
    driver.arrive(number);
    const auto dispatched = driver.of<Dispatch>();
    return dispatched.empty() ? ReplicaId{} : dispatched.front().replica;
  }

  // The replicas that were told to end in the last step.
  static std::vector<ReplicaId> ended(const ServiceDriver& driver) {
    std::vector<ReplicaId> all;
    for (const StopReplica& stop : driver.of<StopReplica>()) all.push_back(stop.replica);
    return all;
  }

  static RecordDecision told(const ServiceDriver& driver) { return driver.of<RecordDecision>().back(); }

  std::uint64_t last_ = 0;
};

TEST_F(PerRequest, EachRequestThatFindsNoneFreeGetsAReplicaOfItsOwn) {
  ServiceDriver driver{settings(2, 100)};
  driver.start(2);
  EXPECT_EQ(burst(driver, 10), 8);
  EXPECT_EQ(told(driver).policy, PolicyKind::kPerRequest);
  EXPECT_EQ(told(driver).metric, 8);
  EXPECT_EQ(told(driver).starts, 8) << "an instant is one decision";
  EXPECT_EQ(burst(driver, 1), 1) << "the eight that start are taken";
}

TEST_F(PerRequest, FromNoneTheFirstStartsAtOnce) {
  ServiceDriver driver{settings(0, 100)};
  driver.start(0);
  driver.arrive(1);
  EXPECT_EQ(driver.of<StartReplica>().size(), 1);
  driver.advance(59s);
  EXPECT_TRUE(driver.of<RecordDecision>().empty()) << "it is on its way";
}

TEST_F(PerRequest, WithSeveralSlotsOneForAsManyRequests) {
  ServiceDriver driver{settings(1, 100, 4)};
  driver.start(1);
  EXPECT_EQ(burst(driver, 4 + 9), 3);
  EXPECT_EQ(burst(driver, 3), 0) << "three slots of those that start are free";
  EXPECT_EQ(burst(driver, 1), 1);
}

TEST_F(PerRequest, ARequestTakesTheFirstFreeSlotAndItsReplicaIsThereForTheNext) {
  ServiceDriver driver{settings(1, 100)};
  driver.start(1);
  EXPECT_EQ(burst(driver, 2), 1);
  driver.answer(1, 1);
  ASSERT_EQ(driver.of<Dispatch>().size(), 1);
  EXPECT_EQ(driver.of<Dispatch>().front().replica, replica(1));
  EXPECT_EQ(burst(driver, 1), 0) << "replica 2 is on its way, and nobody waits for it any more";
}

TEST_F(PerRequest, AtTheMaximumRequestsWait) {
  ServiceDriver driver{settings(0, 3)};
  driver.start(0);
  EXPECT_EQ(burst(driver, 10), 3);
  EXPECT_TRUE(driver.of<Reject>().empty());
  EXPECT_EQ(driver.view().waiting, 10);
  EXPECT_EQ(told(driver).stabilized, 10);
  EXPECT_EQ(told(driver).desired, 3);
}

TEST_F(PerRequest, TheNewestGetsTheNextRequest) {
  ServiceDriver driver{settings(3, 100)};
  driver.start(3);
  for (std::uint64_t number = 1; number <= 5; ++number) {
    EXPECT_EQ(where(driver, number), replica(3)) << "whoever has waited longest";
    driver.answer(number, 3);
  }
  EXPECT_EQ(where(driver, 6), replica(3));
  EXPECT_EQ(where(driver, 7), replica(2));
  EXPECT_EQ(where(driver, 8), replica(1));
}

TEST_F(PerRequest, TheNewestIsFilledFirst) {
  ServiceDriver driver{settings(2, 100, 2)};
  driver.start(2);
  EXPECT_EQ(where(driver, 1), replica(2));
  EXPECT_EQ(where(driver, 2), replica(2));
  EXPECT_EQ(where(driver, 3), replica(1));
}

TEST_F(PerRequest, WhatHasHadNothingToDoForTheKeepAliveEnds) {
  ServiceDriver driver{settings(0, 100)};
  driver.start(0);
  EXPECT_EQ(burst(driver, 3), 3);
  for (std::uint32_t number = 1; number <= 3; ++number) driver.handle(ReplicaReady{replica(number)});
  driver.advance(1min);
  driver.answer(1, 1);
  driver.advance(1min);
  driver.answer(3, 3);
  driver.advance(1min);
  driver.answer(2, 2);
  driver.advance(8min);
  EXPECT_EQ(driver.view().ready, 3);
  driver.advance(1us);
  EXPECT_EQ(ended(driver), std::vector{replica(1)}) << "ten minutes after its answer";
  EXPECT_EQ(told(driver).evidence.hold, 10min);
  driver.advance(1min);
  EXPECT_EQ(ended(driver), std::vector{replica(3)}) << "that the newest goes first elsewhere does not count";
  driver.advance(1min);
  EXPECT_EQ(ended(driver), std::vector{replica(2)});
  EXPECT_EQ(driver.view().desired, 0);
  EXPECT_EQ(driver.service().next_deadline(), kNever) << "nothing is left to be looked at";
}

TEST_F(PerRequest, WhatBecameIdleTogetherEndsTogether) {
  ServiceDriver driver{settings(0, 100)};
  driver.start(0);
  burst(driver, 3);
  for (std::uint32_t number = 1; number <= 3; ++number) driver.handle(ReplicaReady{replica(number)});
  driver.advance(1s);
  driver.answer(1, 1);
  driver.answer(2, 2);
  driver.advance(1us);
  driver.answer(3, 3);
  driver.advance(10min);
  EXPECT_EQ(ended(driver).size(), 3);
  EXPECT_EQ(driver.of<RecordDecision>().size(), 1);
}

TEST_F(PerRequest, AReplicaThatNobodyUsedEndsTheSame) {
  ServiceDriver driver{settings(1, 100)};
  driver.start(1);
  EXPECT_EQ(burst(driver, 2), 1);
  driver.answer(1, 1);  // the second takes its slot
  driver.advance(1s);
  driver.handle(ReplicaReady{replica(2)});
  driver.advance(10min + 1us);
  EXPECT_EQ(ended(driver), std::vector{replica(2)}) << "replica 1 works";
}

TEST_F(PerRequest, WhatWorksIsNeverSentAway) {
  ServiceDriver driver{settings(0, 100)};
  driver.start(0);
  burst(driver, 1);
  driver.handle(ReplicaReady{replica(1)});
  driver.advance(10h);
  EXPECT_EQ(driver.view().running, 1);
  EXPECT_EQ(driver.view().ready, 1);
}

TEST_F(PerRequest, TheMinimumIsProvisioned) {
  ServiceDriver driver{settings(2, 100)};
  driver.start(2);
  EXPECT_EQ(burst(driver, 4), 2);
  driver.handle(ReplicaReady{replica(3)});
  driver.handle(ReplicaReady{replica(4)});
  const std::vector<std::uint32_t> runs_on{2, 1, 3, 4};
  for (std::uint32_t number = 1; number <= 4; ++number) {
    driver.advance(1s);
    driver.answer(number, runs_on[number - 1]);
  }
  driver.advance(10h);
  EXPECT_EQ(ended(driver), (std::vector{replica(2), replica(1)})) << "those that were idle for longest";
  EXPECT_EQ(driver.view().ready, 2);
}

TEST_F(PerRequest, AMinimumThatIsLoweredLetsGoWhatWasIdleForLong) {
  ServiceDriver driver{settings(4, 100)};
  driver.start(4);
  driver.advance(1h);
  driver.handle(ConfigChanged{settings(1, 100)});
  driver.advance(1us);
  EXPECT_EQ(driver.view().desired, 1);
  EXPECT_EQ(driver.view().ready, 1);
}

TEST_F(PerRequest, AnotherPolicyDispatchesAndSendsAwayInItsOwnWay) {
  ServiceDriver driver{settings(3, 100)};
  driver.start(3);
  Settings changed = settings(3, 100);
  changed.scale.policy = PolicyKind::kSlo;
  driver.handle(ConfigChanged{changed});
  EXPECT_EQ(where(driver, 1), replica(1)) << "the one that has waited longest";
  driver.handle(ConfigChanged{settings(3, 100)});
  EXPECT_EQ(where(driver, 2), replica(3));
}

TEST_F(PerRequest, WhatFailedToStartIsGivenUpWhenNobodyWaits) {
  ServiceDriver driver{settings(0, 100)};
  driver.start(0);
  burst(driver, 1);
  driver.handle(ReplicaExited{.replica = replica(1), .kind = ExitKind::kNotStarted});
  EXPECT_EQ(driver.view().desired, 1) << "the request waits on";
  driver.handle(RequestCancelled{test::request(1)});
  driver.advance(1us);
  EXPECT_EQ(driver.view().desired, 0);
  driver.advance(1h);
  EXPECT_TRUE(driver.of<StartReplica>().empty());
}

TEST_F(PerRequest, ManyEventsWithinAMicrosecondDoNotPutAStartOff) {
  ServiceDriver driver{settings(1, 100)};
  driver.start(1);
  std::size_t starts = 0;
  for (int i = 0; i < 100; ++i) {
    driver.arrive(++last_);
    driver.advance(100ns);
    starts += driver.of<StartReplica>().size();
  }
  EXPECT_GE(starts, 80);
}

TEST_F(PerRequest, ACheckpointGoesOnWhereItWasTaken) {
  ServiceDriver driver{settings(0, 100)};
  driver.start(0);
  burst(driver, 2);
  driver.handle(ReplicaReady{replica(1)});
  driver.handle(ReplicaReady{replica(2)});
  driver.advance(1min);
  driver.answer(1, 1);
  driver.advance(1min);
  driver.answer(2, 2);
  const Checkpoint checkpoint = driver.service().save();
  Service again{checkpoint};
  EXPECT_EQ(again.next_deadline(), driver.now() + 9min + 1us);
  Actions actions;
  again.handle(again.next_deadline(), TimerDue{}, actions);
  driver.advance(9min + 1us);
  EXPECT_EQ(actions, driver.actions());
  EXPECT_EQ(ended(driver), std::vector{replica(1)});
}

}  // namespace
}  // namespace tenfold::core
