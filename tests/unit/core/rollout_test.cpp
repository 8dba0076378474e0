// A new revision takes the place of the one that serves, or is given up.
#include "core/rollout.hpp"

#include <gtest/gtest.h>

#include "core/service.hpp"
#include "support/service_driver.hpp"

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;
using test::replica;
using test::request;
using test::ServiceDriver;

constexpr RevisionId kNext{2};

Settings settings(std::uint32_t min, std::uint32_t max, std::uint32_t concurrency = 1) {
  Settings made;
  made.scale.min_replicas = min;
  made.scale.max_replicas = max;
  made.scale.policy = PolicyKind::kSlo;
  made.replica.concurrency = concurrency;
  return made;
}

// Two replicas serve, and 3 and 4 are of the next revision.
class RolloutTest : public testing::Test {
 protected:
  void SetUp() override {
    driver.start(2);
    driver.handle(ConfigChanged{settings(2, 4), kNext});
  }

  std::vector<DecisionCause> causes() const {
    std::vector<DecisionCause> all;
    for (const RecordDecision& decision : driver.of<RecordDecision>()) all.push_back(decision.cause);
    return all;
  }
  bool has(DecisionCause cause) const { return std::ranges::count(causes(), cause) == 1; }
  void become_ready(std::uint32_t n) { driver.handle(ReplicaReady{replica(n)}); }
  void exit(std::uint32_t n) { driver.handle(ReplicaExited{.replica = replica(n), .code = 1}); }

  ServiceDriver driver{settings(2, 4)};
};

TEST_F(RolloutTest, AsManyStartBesideThoseThatServe) {
  EXPECT_TRUE(has(DecisionCause::kRollOut));
  const auto starts = driver.of<StartReplica>();
  ASSERT_EQ(starts.size(), 2U);
  EXPECT_EQ(starts[0], (StartReplica{replica(3), kNext}));
  EXPECT_EQ(driver.view().ready, 2U);
  EXPECT_EQ(driver.view().standbys, 2U);
}

TEST_F(RolloutTest, WhatComesMeanwhileIsServedByThoseThatServed) {
  become_ready(3);
  for (const std::uint64_t n : {1U, 2U, 3U}) driver.arrive(n);
  EXPECT_EQ(driver.view().running, 2U);
  EXPECT_EQ(driver.view().waiting, 1U);
}

TEST_F(RolloutTest, WhenAllAreReadyTheyGetWhatWaitsAndTheOthersFinishWhatTheyHave) {
  for (const std::uint64_t n : {1U, 2U, 3U}) driver.arrive(n);
  become_ready(3);
  EXPECT_FALSE(has(DecisionCause::kPromoted));
  become_ready(4);
  EXPECT_TRUE(has(DecisionCause::kPromoted));
  EXPECT_EQ(driver.of<DrainReplica>().size(), 2U);
  EXPECT_TRUE(driver.of<StopReplica>().empty());
  ASSERT_EQ(driver.of<Dispatch>().size(), 1U);
  EXPECT_EQ(driver.of<Dispatch>()[0].replica, replica(3));
  driver.answer(1, 1);
  ASSERT_EQ(driver.of<StopReplica>().size(), 1U);
  EXPECT_EQ(driver.of<StopReplica>()[0].replica, replica(1));
  EXPECT_EQ(driver.view().revision, kNext);
  EXPECT_EQ(driver.view().next_revision, RevisionId{});
}

TEST_F(RolloutTest, OneThatDoesNotStartIsGivenUpAndNobodyNotices) {
  exit(3);
  driver.advance(1s);  // the pauses after failed starts
  exit(5);
  driver.advance(1s);
  exit(6);
  EXPECT_TRUE(has(DecisionCause::kRolledBack));
  EXPECT_EQ(driver.view().standbys, 0U);
  EXPECT_EQ(driver.view().ready, 2U);
  EXPECT_EQ(driver.view().start_failures, 0U);
  driver.advance(1min);
  EXPECT_TRUE(driver.of<StartReplica>().empty());
}

TEST_F(RolloutTest, OneThatIsNeverReadyIsGivenUpToo) {
  driver.advance(10min);
  EXPECT_TRUE(has(DecisionCause::kRolledBack));
  EXPECT_EQ(driver.view().ready, 2U);
}

TEST_F(RolloutTest, AReplicaThatFailsItsReadinessProbeIsNotReady) {
  become_ready(3);
  driver.handle(ProbeFailed{.replica = replica(3)});
  become_ready(4);
  EXPECT_FALSE(has(DecisionCause::kPromoted));
  become_ready(3);
  EXPECT_TRUE(has(DecisionCause::kPromoted));
}

TEST_F(RolloutTest, ANewerOneTakesThePlaceOfOneThatIsNotReadyYet) {
  driver.handle(ConfigChanged{settings(2, 4), RevisionId{3}});
  EXPECT_TRUE(has(DecisionCause::kWithdrawn));
  EXPECT_TRUE(has(DecisionCause::kRollOut));
  EXPECT_EQ(driver.of<StopReplica>().size(), 2U);
  become_ready(3);  // too late
  become_ready(5);
  become_ready(6);
  EXPECT_EQ(driver.view().revision, RevisionId{3});
}

TEST_F(RolloutTest, TheOldOneAgainEndsIt) {
  driver.handle(ConfigChanged{settings(2, 4), kFirstRevision});
  EXPECT_TRUE(has(DecisionCause::kWithdrawn));
  EXPECT_EQ(driver.view().standbys, 0U);
  EXPECT_EQ(driver.view().ready, 2U);
}

TEST_F(RolloutTest, ThatIsReadyWhileFewerAreWantedEndsWithAsManyAsAreWanted) {
  driver.handle(ConfigChanged{settings(2, 4), kNext});  // the same again changes nothing
  EXPECT_TRUE(driver.of<StartReplica>().empty());
  become_ready(3);
  driver.handle(ConfigChanged{settings(1, 1), kNext});
  EXPECT_TRUE(has(DecisionCause::kPromoted));
  EXPECT_EQ(driver.view().ready + driver.view().starting, 1U);
}

TEST_F(RolloutTest, SettingsOfReplicasComeWithTheirRevision) {
  driver.handle(ConfigChanged{settings(2, 4, 3), kNext});
  for (std::uint64_t n = 1; n <= 4; ++n) driver.arrive(n);
  EXPECT_EQ(driver.view().running, 2U);
  become_ready(3);
  become_ready(4);
  EXPECT_EQ(driver.view().slots, 3U);
  EXPECT_EQ(driver.view().running, 4U);
}

TEST_F(RolloutTest, ACheckpointOnItsWayGoesOn) {
  become_ready(3);
  exit(4);
  Service copy{driver.service().save()};
  driver.advance(1s);
  Actions actions;
  copy.handle(driver.now(), TimerDue{}, actions);
  driver.handle(TimerDue{});
  driver.handle(ReplicaReady{replica(5)});
  actions.clear();
  copy.handle(driver.now(), ReplicaReady{replica(5)}, actions);
  EXPECT_EQ(actions, driver.actions());
  EXPECT_EQ(copy.view().revision, kNext);
}

TEST_F(RolloutTest, AShutdownEndsBoth) {
  become_ready(3);
  driver.handle(ShutdownRequested{});
  EXPECT_EQ(driver.of<StopReplica>().size(), 4U);
}

TEST(Rollout, OfAServiceWithoutReplicasShowsOneThatStarts) {
  ServiceDriver driver{settings(0, 4)};
  driver.start(0);
  driver.handle(ConfigChanged{settings(0, 4), kNext});
  ASSERT_EQ(driver.of<StartReplica>().size(), 1U);
  driver.handle(ReplicaReady{replica(1)});
  EXPECT_EQ(driver.view().revision, kNext);
}

}  // namespace
}  // namespace tenfold::core
