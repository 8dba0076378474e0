// The policy `hpa`: what it measures, and what its memory makes of it.
#include "core/scale/hpa.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "policy_world.hpp"

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;

constexpr auto kPods = HpaPolicyType::kPods;

Settings with_behavior() {
  Settings settings;
  settings.scale.hpa.has_behavior = true;
  return settings;
}

Settings settings_with(std::vector<ScaleRule> rules) {
  Settings settings;
  settings.scale.policy = PolicyKind::kHpa;
  settings.scale.rules = std::move(rules);
  return settings;
}

TEST(HpaPolicy, TakesTheAverageInFlightOfTheWindowAsTotal) {
  PolicyWorld world{{}};
  world.add_ready(2);
  HpaPolicy policy{Settings{}};
  policy.start(world.situation());
  world.set_in_flight(90);
  world.advance(5s);
  world.set_in_flight(0);
  const Evaluation evaluation = world.evaluate(policy);
  EXPECT_EQ(world.now, TimePoint{15s});
  EXPECT_DOUBLE_EQ(evaluation.metric, 30) << "90 requests for 5 of 15 seconds";
  EXPECT_EQ(evaluation.target, kDefaultConcurrentRequests);
  EXPECT_EQ(evaluation.rule, kNoRule);
  EXPECT_EQ(evaluation.recommended, 3);
  EXPECT_EQ(evaluation.stabilized, 3);
  EXPECT_EQ(evaluation.limit, Limit::kNone);
}

TEST(HpaPolicy, TakesTheRateOfTheWindowForRps) {
  const Settings settings = settings_with({{.kind = RuleKind::kRps, .target = 5}});
  PolicyWorld world{settings};
  world.add_ready(2);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  world.arrive(300);
  const Evaluation evaluation = world.evaluate(policy);
  EXPECT_DOUBLE_EQ(evaluation.metric, 20);
  EXPECT_EQ(evaluation.stabilized, 4);
  EXPECT_EQ(world.evaluate(policy).metric, 0) << "the next window is its own";
}

// What KEDA makes has no `behavior`: the other path through the controller.
TEST(HpaPolicy, WithoutBehaviorOneLookReachesFourOrTwiceTheCount) {
  PolicyWorld world{{}};
  world.add_ready(1);
  HpaPolicy policy{Settings{}};
  policy.start(world.situation());
  world.set_in_flight(1000);
  std::vector<std::uint32_t> steps;
  for (int i = 0; i < 6; ++i) {
    const Evaluation evaluation = world.evaluate(policy);
    steps.push_back(evaluation.stabilized);
    EXPECT_EQ(evaluation.recommended, 100);
    EXPECT_EQ(evaluation.limit, i < 5 ? Limit::kStep : Limit::kNone) << i;
  }
  EXPECT_EQ(steps, (std::vector<std::uint32_t>{4, 8, 16, 32, 64, 100}));
}

TEST(HpaPolicy, WithoutBehaviorAnOldRecommendationMayScaleUp) {
  PolicyWorld world{{}};
  world.add_ready(2);
  HpaPolicy policy{Settings{}};
  policy.start(world.situation());
  world.set_in_flight(80);
  EXPECT_EQ(world.evaluate(policy).stabilized, 4);
  world.set_in_flight(20);
  const Evaluation evaluation = world.evaluate(policy);
  EXPECT_EQ(evaluation.recommended, 2);
  EXPECT_EQ(evaluation.stabilized, 8) << "the recommendation of the burst, which the first step did not reach";
  EXPECT_EQ(evaluation.limit, Limit::kStabilization);
}

TEST(HpaPolicy, WithDefaultBehaviorItGrowsByFourOrByDoublingWhicheverIsMore) {
  const Settings settings = with_behavior();
  PolicyWorld world{settings};
  world.add_ready(2);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  world.set_in_flight(1000);
  std::vector<std::uint32_t> steps;
  for (int i = 0; i < 5; ++i) {
    const Evaluation evaluation = world.evaluate(policy);
    steps.push_back(evaluation.stabilized);
    EXPECT_EQ(evaluation.recommended, 100);
    EXPECT_EQ(evaluation.limit, Limit::kStep);
  }
  EXPECT_EQ(steps, (std::vector<std::uint32_t>{6, 12, 24, 48, 96}));
  EXPECT_EQ(world.evaluate(policy).limit, Limit::kTolerance) << "the last four are within the tolerance";
}

TEST(HpaPolicy, CountsWhatWasAddedWithinThePeriodOfTheLimit) {
  Settings settings = with_behavior();
  settings.scale.hpa.scale_up.policies = {{.type = kPods, .value = 3, .period = 60s}};
  PolicyWorld world{settings};
  world.add_ready(2);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  world.set_in_flight(1000);
  std::vector<std::uint32_t> counts;
  counts.reserve(6);
  for (int i = 0; i < 6; ++i) counts.push_back(world.evaluate(policy).stabilized);
  EXPECT_EQ(counts, (std::vector<std::uint32_t>{5, 5, 5, 5, 8, 8})) << "three a minute";
}

TEST(HpaPolicy, ShrinksToTheLargestRecommendationOfFiveMinutes) {
  PolicyWorld world{{}};
  world.add_ready(10);
  HpaPolicy policy{Settings{}};
  policy.start(world.situation());
  world.set_in_flight(100);
  world.evaluate(policy);
  world.set_in_flight(30);
  for (int i = 0; i < 20; ++i) {
    const Evaluation evaluation = world.evaluate(policy);
    EXPECT_EQ(evaluation.stabilized, 10) << "evaluation " << i;
    EXPECT_EQ(evaluation.recommended, 3);
    EXPECT_EQ(evaluation.limit, Limit::kStabilization);
  }
  EXPECT_EQ(world.evaluate(policy).stabilized, 3);
}

TEST(HpaPolicy, WithBehaviorARecommendationOfFiveMinutesAgoIsOutOfTheWindow) {
  const Settings settings = with_behavior();
  PolicyWorld world{settings};
  world.add_ready(10);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  world.set_in_flight(100);
  world.evaluate(policy);
  world.set_in_flight(30);
  for (int i = 0; i < 19; ++i) EXPECT_EQ(world.evaluate(policy).stabilized, 10) << "evaluation " << i;
  EXPECT_EQ(world.evaluate(policy).stabilized, 3);
}

TEST(HpaPolicy, InACrashLoopTheCountIsWhatWasDecidedNotWhatLives) {
  const Settings settings = settings_with({{.kind = RuleKind::kCustom, .target = 1, .keep = 1h}});
  PolicyWorld world{settings};
  world.add_ready(5);
  world.decided = 10;
  HpaPolicy policy{settings};
  policy.start(world.situation());
  world.metrics[0] = {.was_observed = true, .value = 5.4, .at = world.now};
  for (int i = 0; i < 21; ++i) {
    world.advance(15s);
    const Evaluation evaluation = policy.evaluate(world.situation());
    EXPECT_EQ(evaluation.recommended, 6);
    EXPECT_EQ(evaluation.stabilized, 10) << "evaluation " << i;
  }
  world.advance(15s);
  EXPECT_EQ(policy.evaluate(world.situation()).stabilized, 6);
}

TEST(HpaPolicy, AReplicaThatWaitsForItsNextTryIsAPodOfWhichNothingIsKnown) {
  Settings settings = settings_with({{.kind = RuleKind::kCpu, .target = 50}});
  settings.replica.cpu = 1;
  PolicyWorld world{settings};
  world.add_ready(2);
  world.decided = 3;
  HpaPolicy policy{settings};
  policy.start(world.situation());
  world.advance(1s);
  world.sample_all(0.8);
  const Evaluation evaluation = world.evaluate(policy);
  EXPECT_EQ(evaluation.recommended, 4) << "by the two of which something is known";
  EXPECT_EQ(evaluation.stabilized, 3) << "53 % over all three is within the tolerance";
  EXPECT_EQ(evaluation.limit, Limit::kTolerance);
}

TEST(HpaPolicy, TheCountThatItFindsIsARecommendation) {
  PolicyWorld world{{}};
  world.add_ready(8);
  HpaPolicy policy{Settings{}};
  policy.start(world.situation());
  world.set_in_flight(10);
  for (int i = 0; i < 21; ++i) EXPECT_EQ(world.evaluate(policy).stabilized, 8) << "evaluation " << i;
  EXPECT_EQ(world.evaluate(policy).stabilized, 1);
}

TEST(HpaPolicy, OnlyTheFirstCountIsOneEvenWhereMetricsWereMissingForLong) {
  const Settings settings = settings_with({{.kind = RuleKind::kCustom, .target = 5, .keep = 1s}});
  PolicyWorld world{settings};
  world.add_ready(8);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  for (int i = 0; i < 30; ++i) EXPECT_EQ(world.evaluate(policy).limit, Limit::kMissing);
  world.metrics[0] = {.was_observed = true, .value = 5, .at = world.now + 15s};
  EXPECT_EQ(world.evaluate(policy).stabilized, 1);
}

TEST(HpaPolicy, GrowsOnlyToTheSmallestRecommendationOfTheWindowUp) {
  Settings settings = with_behavior();
  settings.scale.hpa.scale_up.stabilization_window = 60s;
  PolicyWorld world{settings};
  world.add_ready(2);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  world.set_in_flight(50);
  for (int i = 0; i < 4; ++i) {
    const Evaluation evaluation = world.evaluate(policy);
    EXPECT_EQ(evaluation.stabilized, 2) << "evaluation " << i;
    EXPECT_EQ(evaluation.limit, Limit::kStabilization);
  }
  EXPECT_EQ(world.evaluate(policy).stabilized, 5);
}

TEST(HpaPolicy, SaysWhenTheToleranceKeptTheCount) {
  PolicyWorld world{{}};
  world.add_ready(4);
  HpaPolicy policy{Settings{}};
  policy.start(world.situation());
  world.set_in_flight(43);
  const Evaluation evaluation = world.evaluate(policy);
  EXPECT_EQ(evaluation.recommended, 5);
  EXPECT_EQ(evaluation.stabilized, 4);
  EXPECT_EQ(evaluation.limit, Limit::kTolerance);
}

TEST(HpaPolicy, TheLargestOfTheRulesCounts) {
  const Settings settings = settings_with({{.kind = RuleKind::kHttp, .target = 10},
                                           {.name = "jobs", .kind = RuleKind::kCustom, .target = 5},
                                           {.kind = RuleKind::kRps, .target = 100}});
  PolicyWorld world{settings};
  world.add_ready(2);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  world.set_in_flight(20);
  world.metrics[1] = {.was_observed = true, .value = 23, .at = TimePoint{10s}};
  const Evaluation evaluation = world.evaluate(policy);
  EXPECT_EQ(evaluation.rule, 1);
  EXPECT_EQ(evaluation.measures, RuleKind::kCustom);
  EXPECT_EQ(evaluation.metric, 23);
  EXPECT_EQ(evaluation.recommended, 5);
  EXPECT_EQ(evaluation.stabilized, 4);
}

TEST(HpaPolicy, WhileAMetricIsMissingItGrowsButDoesNotShrink) {
  const Settings settings = settings_with(
      {{.kind = RuleKind::kHttp, .target = 10}, {.name = "jobs", .kind = RuleKind::kCustom, .target = 5}});
  PolicyWorld world{settings};
  world.add_ready(3);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  world.set_in_flight(10);
  for (int i = 0; i < 40; ++i) {
    const Evaluation evaluation = world.evaluate(policy);
    EXPECT_EQ(evaluation.stabilized, 3);
    EXPECT_EQ(evaluation.limit, Limit::kMissing);
  }
  world.set_in_flight(60);
  EXPECT_EQ(world.evaluate(policy).stabilized, 6);
}

TEST(HpaPolicy, AValueOlderThanItsRuleKeepsItIsMissing) {
  const Settings settings = settings_with({{.kind = RuleKind::kCustom, .target = 5, .keep = 20s}});
  PolicyWorld world{settings};
  world.add_ready(2);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  world.metrics[0] = {.was_observed = true, .value = 20, .at = world.now};
  EXPECT_EQ(world.evaluate(policy).stabilized, 4);
  EXPECT_EQ(world.evaluate(policy).limit, Limit::kMissing);
}

TEST(HpaPolicy, MeasuresTheCpuOfReadyReplicasThatHaveSettled) {
  Settings settings = settings_with({{.kind = RuleKind::kCpu, .target = 50}});
  settings.replica.cpu = 0.5;
  PolicyWorld world{settings};
  world.add_ready(2);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  EXPECT_EQ(world.evaluate(policy).limit, Limit::kMissing) << "no sample yet";
  world.sample_all(0.4);
  EXPECT_EQ(world.evaluate(policy).metric, 80);
  EXPECT_EQ(world.replicas.counts().ready, 4) << "ceil(80 / 50 * 2)";

  // The two new ones have no sample, and count as idle: 80 of 200 % is below the target, which turns the direction.
  EXPECT_EQ(world.evaluate(policy).stabilized, 4);
}

TEST(HpaPolicy, LeavesOutTheCpuOfAReplicaFromBeforeItWasReady) {
  Settings settings = settings_with({{.kind = RuleKind::kCpu, .target = 50}});
  settings.replica.cpu = 1;
  PolicyWorld world{settings};
  world.add_ready(1);
  world.add_starting(1);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  world.advance(1s);
  world.sample_all(1.0);
  world.advance(1s);
  const Slot second = world.replicas.by_age()[1];
  world.replicas.enter(second, ReplicaState::kReady, world.now);
  EXPECT_EQ(world.evaluate(policy).stabilized, 2) << "the one at 100 %, and one that counts as idle";
  world.replicas.sample(second, world.now, 1.0, {});
  EXPECT_EQ(world.evaluate(policy).stabilized, 2) << "that sample began before it was ready";
  world.replicas.sample(second, world.now, 1.0, {});
  EXPECT_EQ(world.evaluate(policy).stabilized, 4);
}

// A pod whose readiness came and went is set aside until a whole sample lies after the change; one that is old counts
// although it is not ready, unless it was never ready but at its very beginning.
TEST(HpaPolicy, TheLastChangeOfReadinessSaysWhichSampleCounts) {
  Settings settings = settings_with({{.kind = RuleKind::kCpu, .target = 50}});
  settings.replica.cpu = 1;
  PolicyWorld world{settings};
  world.add_ready(2);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  const Slot second = world.replicas.by_age()[1];
  world.advance(10s);
  world.sample_all(0.5);
  world.replicas.set_unready(second, world.now, true);
  world.sample_all(0.5);
  EXPECT_EQ(world.evaluate(policy).metric, 50);
  world.replicas.sample(world.replicas.by_age()[0], world.now, 0.2, {});
  EXPECT_EQ(world.evaluate(policy).metric, 20) << "the one that is not ready is set aside";
  world.replicas.set_unready(second, world.now, false);
  EXPECT_EQ(world.evaluate(policy).metric, 20) << "its sample is of the time before";
  world.sample_all(0.2);
  world.sample_all(0.4);
  EXPECT_EQ(world.evaluate(policy).metric, 40);
  world.advance(300s);
  world.replicas.set_unready(second, world.now, true);
  world.replicas.sample(second, world.now, 0.6, {});
  EXPECT_EQ(policy.evaluate(world.situation()).metric, 50) << "it is old, and was ready for long";
}

TEST(HpaPolicy, MeasuresMemoryAsAShareOfTheReplicas) {
  Settings settings = settings_with({{.kind = RuleKind::kMemory, .target = 70}});
  settings.replica.memory = gibibytes(2);
  PolicyWorld world{settings};
  world.add_ready(2);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  world.advance(1s);
  world.sample_all(0, mebibytes(1843));
  const Evaluation evaluation = world.evaluate(policy);
  EXPECT_EQ(evaluation.metric, 89);
  EXPECT_EQ(evaluation.stabilized, 3);
}

TEST(HpaPolicy, GrowsByHowFarTheQueueWaitIsAboveItsTarget) {
  const Settings settings = settings_with({{.kind = RuleKind::kQueueWait, .target = 5}});
  PolicyWorld world{settings};
  world.add_ready(2);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  world.enqueue(1);
  const Evaluation evaluation = world.evaluate(policy);
  EXPECT_DOUBLE_EQ(evaluation.metric, 15);
  EXPECT_EQ(evaluation.recommended, 6);
}

TEST(HpaPolicy, FromNoneAnythingToDoBringsOne) {
  const Settings settings = settings_with({{.kind = RuleKind::kCustom, .target = 5}});
  PolicyWorld world{settings};
  HpaPolicy policy{settings};
  policy.start(world.situation());
  EXPECT_EQ(world.evaluate(policy).stabilized, 0);
  world.metrics[0] = {.was_observed = true, .value = 100, .at = world.now};
  EXPECT_EQ(world.evaluate(policy).stabilized, 1);
  EXPECT_EQ(world.evaluate(policy).stabilized, 4) << "and then as ever";
}

TEST(HpaPolicy, TheLastReplicaGoesFiveMinutesAfterTheLastRequest) {
  PolicyWorld world{{}};
  world.add_ready(1);
  HpaPolicy policy{Settings{}};
  policy.start(world.situation());
  world.set_in_flight(1);
  world.evaluate(policy);
  world.set_in_flight(0);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(world.evaluate(policy).stabilized, 1) << "evaluation " << i;
  EXPECT_EQ(world.evaluate(policy).stabilized, 0);
}

TEST(HpaPolicy, WhatCameAndWentBetweenTwoLooksKeepsTheLastReplica) {
  const Settings settings = settings_with({{.kind = RuleKind::kCustom, .target = 5, .keep = 1h}});
  PolicyWorld world{settings};
  world.add_ready(1);
  world.metrics[0] = {.was_observed = true, .value = 0, .at = world.now};
  HpaPolicy policy{settings};
  policy.start(world.situation());
  for (int i = 0; i < 40; ++i) {
    world.arrive(1);
    EXPECT_EQ(world.evaluate(policy).stabilized, 1) << "evaluation " << i;
  }
}

TEST(HpaPolicy, AfterAShortCooldownAllReplicasGoAtOnce) {
  Settings settings;
  settings.scale.aca.cooldown_period = 40s;
  PolicyWorld world{settings};
  world.add_ready(5);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  world.set_in_flight(50);
  EXPECT_EQ(world.evaluate(policy).stabilized, 5);
  world.set_in_flight(0);
  EXPECT_EQ(world.evaluate(policy).stabilized, 5);
  EXPECT_EQ(world.evaluate(policy).stabilized, 5);
  EXPECT_EQ(world.evaluate(policy).stabilized, 0) << "45 s after the last activity";
}

TEST(HpaPolicy, CpuAndMemoryAloneNeverAskForNone) {
  const Settings settings = settings_with({{.kind = RuleKind::kCpu, .target = 50}});
  PolicyWorld world{settings};
  world.add_ready(1);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  for (int i = 0; i < 40; ++i) {
    world.advance(1s);
    world.sample_all(0);
    EXPECT_EQ(world.evaluate(policy).stabilized, 1);
  }
}

TEST(HpaPolicy, CpuDoesNotKeepTheLastReplicaOfAServiceWithoutRequests) {
  const Settings settings =
      settings_with({{.kind = RuleKind::kHttp, .target = 10}, {.kind = RuleKind::kCpu, .target = 50}});
  PolicyWorld world{settings};
  world.add_ready(1);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  std::uint32_t count = 1;
  for (int i = 0; i < 30 && count > 0; ++i) {
    world.advance(1s);
    world.sample_all(0.01);
    count = world.evaluate(policy).stabilized;
  }
  EXPECT_EQ(count, 0);
}

TEST(HpaPolicy, WhatIsMissingMayBeActiveUnlessItIsCpuOrMemory) {
  for (const RuleKind kind : {RuleKind::kCpu, RuleKind::kCustom}) {
    const Settings settings = settings_with({{.kind = RuleKind::kHttp, .target = 10}, {.kind = kind, .target = 50}});
    PolicyWorld world{settings};
    world.add_ready(3);
    HpaPolicy policy{settings};
    policy.start(world.situation());
    for (int i = 0; i < 30; ++i) world.evaluate(policy);
    EXPECT_EQ(world.replicas.counts().active(), kind == RuleKind::kCpu ? 0 : 3);
  }
}

TEST(HpaPolicy, GoesOnFromACheckpoint) {
  PolicyWorld world{{}};
  world.add_ready(2);
  HpaPolicy policy{Settings{}};
  policy.start(world.situation());
  world.set_in_flight(70);
  for (int i = 0; i < 5; ++i) world.evaluate(policy);
  world.set_in_flight(20);
  world.evaluate(policy);
  Checkpoint checkpoint;
  policy.save(checkpoint);
  HpaPolicy other{Settings{}};
  other.load(checkpoint);
  world.advance(policy.next_evaluation() - world.now);
  EXPECT_EQ(other.next_evaluation(), policy.next_evaluation());
  EXPECT_EQ(other.evaluate(world.situation()).stabilized, policy.evaluate(world.situation()).stabilized);
  Checkpoint after;
  other.save(after);
  policy.save(checkpoint);
  EXPECT_EQ(after.hpa, checkpoint.hpa);
}

}  // namespace
}  // namespace tenfold::core
