// Replicas that are kept warm: started and ready outside the count, and taken at once.
#include <gtest/gtest.h>

#include "core/service.hpp"
#include "support/service_driver.hpp"

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;
using test::replica;
using test::ServiceDriver;

Settings settings(std::uint32_t min, std::uint32_t max, std::uint32_t warm) {
  Settings made;
  made.scale.min_replicas = min;
  made.scale.max_replicas = max;
  made.scale.warm = warm;
  made.scale.policy = PolicyKind::kPerRequest;
  made.scale.per_request.keep_alive = 10s;
  return made;
}

// One replica is wanted, and 2 and 3 are kept warm.
class WarmTest : public testing::Test {
 protected:
  void SetUp() override {
    driver.start(1);
    if (driver.view().warm - driver.view().warm_ready != 2) FAIL() << "none starts to be kept warm";
    for (const std::uint32_t n : {2U, 3U}) become_ready(n);
  }

  // The policy sees to it at the end of the instant.
  void arrive(std::uint64_t n) {
    driver.arrive(n);
    driver.advance(1us);
  }
  void become_ready(std::uint32_t n) { driver.handle(ReplicaReady{replica(n)}); }
  void exit(std::uint32_t n) { driver.handle(ReplicaExited{.replica = replica(n), .code = 1}); }
  // Of the first decision of the step.
  RecordDecision decision() const { return driver.of<RecordDecision>().at(0); }

  ServiceDriver driver{settings(1, 4, 2)};
};

TEST(Warm, TheyStartWhenAllThatAreWantedAreReady) {
  ServiceDriver driver{settings(2, 4, 1)};
  driver.start(1);
  EXPECT_EQ(driver.view().warm - driver.view().warm_ready, 0U);
  driver.handle(ReplicaReady{replica(2)});
  EXPECT_EQ(driver.view().warm - driver.view().warm_ready, 1U);
  ASSERT_EQ(driver.of<ReserveReplica>().size(), 1U);
  EXPECT_EQ(driver.of<ReserveReplica>()[0].replica, replica(3));
  const auto decisions = driver.of<RecordDecision>();
  ASSERT_EQ(decisions.size(), 1U);
  EXPECT_EQ(decisions[0].cause, DecisionCause::kWarm);
  EXPECT_EQ(decisions[0].starts, 1U);
}

TEST(Warm, WithoutThemNothingIsKept) {
  ServiceDriver driver{settings(1, 4, 0)};
  driver.start(1);
  EXPECT_EQ(driver.view().warm, 0U);
}

TEST(Warm, AllTogetherAreNoMoreThanMax) {
  ServiceDriver driver{settings(2, 3, 5)};
  driver.start(2);
  EXPECT_EQ(driver.view().warm - driver.view().warm_ready, 1U);
}

TEST_F(WarmTest, TheyAreOutsideTheCountAndGetNothing) {
  EXPECT_EQ(driver.view().ready, 1U);
  EXPECT_EQ(driver.view().warm_ready, 2U);
  EXPECT_EQ(driver.view().serving, 1U);
}

TEST_F(WarmTest, WhatIsWantedNextIsTakenFromThemAndServesInTheSameStep) {
  arrive(1);
  arrive(2);
  EXPECT_EQ(decision().enlists, 1U);
  EXPECT_EQ(decision().starts, 0U);
  ASSERT_EQ(driver.of<EnlistReplica>().size(), 1U);
  EXPECT_EQ(driver.of<EnlistReplica>()[0].replica, replica(2));
  ASSERT_EQ(driver.of<Dispatch>().size(), 1U);
  EXPECT_EQ(driver.of<Dispatch>()[0].replica, replica(2));
  // Two are wanted, one is warm: one more starts, and there are four.
  ASSERT_EQ(driver.of<StartReplica>().size(), 1U);
  EXPECT_EQ(driver.view().warm - driver.view().warm_ready, 1U);
}

TEST_F(WarmTest, OneThatIsReadyIsTakenBeforeOneThatStarts) {
  arrive(1);
  arrive(2);  // takes 2; 4 starts to be kept warm
  exit(3);
  arrive(3);  // takes 4, which still starts
  EXPECT_EQ(driver.of<EnlistReplica>().at(0).replica, replica(4));
  EXPECT_EQ(driver.view().starting, 1U);
  EXPECT_EQ(driver.view().waiting, 1U);
  become_ready(4);
  EXPECT_EQ(driver.view().waiting, 0U);
}

TEST_F(WarmTest, AReplicaThatIsLostIsMadeUpForAtOnceWhereStartsPause) {
  exit(1);
  EXPECT_EQ(driver.of<EnlistReplica>().size(), 1U);
  EXPECT_EQ(driver.view().ready, 1U);
  exit(2);  // it had not answered yet: starts fail, and pause
  EXPECT_EQ(driver.view().start_failures, 2U);
  EXPECT_EQ(driver.of<EnlistReplica>().size(), 1U);
  EXPECT_EQ(driver.view().ready, 1U);
}

TEST_F(WarmTest, OneThatIsLostIsStartedAgainAfterItsPause) {
  exit(3);
  EXPECT_EQ(decision().cause, DecisionCause::kBackoff);
  EXPECT_EQ(driver.view().warm_ready, 1U);
  EXPECT_TRUE(driver.of<StartReplica>().empty());
  driver.advance(1s);
  EXPECT_EQ(driver.view().warm - driver.view().warm_ready, 1U);
}

TEST_F(WarmTest, WhatIsSentAwayIsKeptWarmWhereOneIsMissing) {
  for (const std::uint64_t n : {1U, 2U, 3U, 4U}) arrive(n);
  become_ready(4);
  EXPECT_EQ(driver.view().ready, 4U);
  EXPECT_EQ(driver.view().warm_ready, 0U);
  for (const std::uint32_t n : {1U, 2U, 3U, 4U}) driver.answer(n, n);
  driver.advance(20s);
  EXPECT_EQ(driver.view().ready, 1U);
  EXPECT_EQ(driver.view().warm_ready, 2U);
  EXPECT_EQ(driver.of<ReserveReplica>().size(), 2U);
  EXPECT_EQ(driver.of<StopReplica>().size(), 1U);
  EXPECT_TRUE(driver.of<StartReplica>().empty());
}

TEST_F(WarmTest, ANewConfigurationKeepsOtherCounts) {
  driver.handle(ConfigChanged{settings(1, 4, 3)});
  EXPECT_EQ(driver.view().warm - driver.view().warm_ready, 1U);
  driver.handle(ConfigChanged{settings(1, 4, 0)});
  EXPECT_EQ(driver.view().warm, 0U);
  EXPECT_EQ(driver.of<StopReplica>().size(), 3U);
  EXPECT_EQ(driver.view().ready, 1U);
}

TEST_F(WarmTest, TheyLeaveWithTheirRevisionAndTheNextHasItsOwn) {
  driver.handle(ConfigChanged{settings(1, 4, 2), RevisionId{2}});
  become_ready(4);
  EXPECT_EQ(driver.view().revision, RevisionId{2});
  EXPECT_EQ(driver.of<StopReplica>().size(), 3U);
  EXPECT_EQ(driver.view().warm - driver.view().warm_ready, 2U);
  EXPECT_EQ(driver.of<StartReplica>().at(0).revision, RevisionId{2});
}

TEST_F(WarmTest, AtTheEndTheyLeaveFirst) {
  arrive(1);
  driver.handle(ShutdownRequested{});
  EXPECT_EQ(driver.view().warm_ready, 0U);
  EXPECT_EQ(driver.of<StopReplica>().size(), 2U);
  EXPECT_EQ(driver.view().running, 1U);
}

TEST_F(WarmTest, FromNoneAtAllTheFirstRequestFindsOne) {
  ServiceDriver idle{settings(0, 4, 1)};
  idle.start(0);
  idle.handle(ReplicaReady{replica(1)});
  EXPECT_EQ(idle.view().ready, 0U);
  EXPECT_EQ(idle.view().warm_ready, 1U);
  idle.arrive(1);
  ASSERT_EQ(idle.of<Dispatch>().size(), 1U);
  EXPECT_EQ(idle.of<Dispatch>()[0].replica, replica(1));
}

TEST_F(WarmTest, ACheckpointKnowsThem) {
  Service copy{driver.service().save()};
  EXPECT_EQ(copy.view().warm_ready, 2U);
  EXPECT_EQ(copy.view().ready, 1U);
  EXPECT_EQ(copy.save().replicas, driver.service().save().replicas);
}

}  // namespace
}  // namespace tenfold::core
