// The policy `aca` against Azure's documented arithmetic.
#include "core/scale/aca.hpp"

#include <gtest/gtest.h>

#include "policy_world.hpp"

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;

Settings settings(std::vector<ScaleRule> rules = {}, AcaMetric metric = AcaMetric::kRate) {
  Settings made;
  made.scale.rules = std::move(rules);
  made.scale.aca.metric = metric;
  return made;
}

class Aca {
 public:
  explicit Aca(const Settings& settings) : world{settings}, policy{settings} {
    world.set_count(2);
    policy.start(world.situation());
  }

  Evaluation after(Duration span) {
    world.advance(span);
    return policy.evaluate(world.situation());
  }

  PolicyWorld world;
  AcaPolicy policy;
};

TEST(AcaPolicy, TheDocumentedHttpMetricIsARateSoABurstOf100AsksForOneReplica) {
  Aca aca{settings()};
  aca.world.arrive(100);
  const Evaluation evaluation = aca.after(15s);
  EXPECT_NEAR(evaluation.metric, 6.6667, 1e-4);
  EXPECT_EQ(evaluation.target, 10);
  EXPECT_EQ(evaluation.recommended, 1);
  EXPECT_EQ(evaluation.rule, kNoRule) << "Azure's rule where the app has none";
}

TEST(AcaPolicy, MayMeasureTheTimeAverageOfRequestsInFlightInstead) {
  Aca aca{settings({}, AcaMetric::kInFlight)};
  aca.world.advance(5s);
  aca.world.set_in_flight(30);
  aca.world.advance(5s);
  aca.world.set_in_flight(0);
  const Evaluation evaluation = aca.after(5s);
  EXPECT_DOUBLE_EQ(evaluation.metric, 10) << "30 requests for 5 of 15 seconds";
  EXPECT_EQ(evaluation.recommended, 1);
}

TEST(AcaPolicy, EachEvaluationLooksAtTheTimeSinceTheLast) {
  Aca aca{settings()};
  EXPECT_EQ(aca.policy.next_evaluation(), TimePoint{15s});
  aca.world.arrive(750);
  EXPECT_EQ(aca.after(15s).recommended, 5);
  EXPECT_EQ(aca.policy.next_evaluation(), TimePoint{30s});
  EXPECT_EQ(aca.after(15s).recommended, 0);
}

// "1, 4, 8, 16, 32, ... up to the configured maximum".
TEST(AcaPolicy, GrowsByTheDocumentedSteps) {
  Aca aca{settings({{.name = "one", .kind = RuleKind::kHttp, .target = 1}})};
  aca.world.set_count(0);
  std::vector<std::uint32_t> steps;
  for (int i = 0; i < 6; ++i) {
    aca.world.arrive(15'000);
    const Evaluation evaluation = aca.after(15s);
    EXPECT_EQ(evaluation.limit, Limit::kStep);
    steps.push_back(evaluation.stabilized);
    aca.world.set_count(evaluation.stabilized);
  }
  EXPECT_EQ(steps, (std::vector<std::uint32_t>{1, 4, 8, 16, 32, 64}));
}

TEST(AcaPolicy, ShrinksToTheLargestRecommendationOfFiveMinutesAllAtOnce) {
  Aca aca{settings()};
  aca.world.set_count(8);
  aca.world.arrive(1500);
  EXPECT_EQ(aca.after(15s).stabilized, 10);
  aca.world.set_count(10);
  for (int i = 2; i <= 20; ++i) {
    aca.world.arrive(450);
    const Evaluation evaluation = aca.after(15s);
    EXPECT_EQ(evaluation.stabilized, 10) << "evaluation " << i;
    EXPECT_EQ(evaluation.limit, Limit::kStabilization);
  }
  aca.world.arrive(450);
  EXPECT_EQ(aca.after(15s).stabilized, 3);
}

TEST(AcaPolicy, TheStepToZeroWaitsForTheCooldown) {
  Settings quick = settings();
  quick.scale.aca.scale_down_stabilization = 15s;
  Aca aca{quick};
  aca.world.arrive(1);
  EXPECT_EQ(aca.after(15s).stabilized, 1);
  aca.world.set_count(1);
  Evaluation evaluation;
  for (int i = 2; i <= 21; ++i) {
    evaluation = aca.after(15s);
    EXPECT_EQ(evaluation.stabilized, 1) << "evaluation " << i;
    EXPECT_EQ(evaluation.limit, Limit::kCooldown);
  }
  EXPECT_EQ(aca.after(15s).stabilized, 0) << "more than 300 s after the last activity";
}

// When the last of `count` replicas goes, after activity at 60 s that a rule of 30 s sees.
TimePoint gone_at(std::uint32_t count, Duration cooldown) {
  Settings some = settings({{.name = "depth", .kind = RuleKind::kCustom, .target = 1, .keep = 1h}});
  some.scale.aca.cooldown_period = cooldown;
  Aca aca{some};
  aca.world.set_count(count);
  for (int i = 0; i < 100 && aca.world.replicas.counts().active() > 0; ++i) {
    const double value = aca.world.now < TimePoint{60s} ? count : 0;
    aca.world.metrics[0] = {.was_observed = true, .value = value, .at = aca.world.now};
    aca.world.set_count(aca.after(30s).stabilized);
  }
  return aca.world.now;
}

// What KEDA's executor did when it was run (v2.21.0).
TEST(AcaPolicy, TheCooldownTakesAllReplicasAtOnceWhateverIsRemembered) {
  for (const std::uint32_t count : {1U, 5U}) {
    EXPECT_EQ(gone_at(count, 10s), TimePoint{90s});
    EXPECT_EQ(gone_at(count, 60s), TimePoint{150s});
    EXPECT_EQ(gone_at(count, 300s), TimePoint{390s});
    EXPECT_EQ(gone_at(count, 600s), TimePoint{690s});
  }
}

TEST(AcaPolicy, WhatCameAndWentBetweenTwoLooksWasActivity) {
  Settings some = settings({{.name = "depth", .kind = RuleKind::kCustom, .target = 1, .keep = 1h}});
  some.scale.aca.cooldown_period = 50s;
  Aca aca{some};
  aca.world.set_count(1);
  aca.world.metrics[0] = {.was_observed = true, .value = 0, .at = aca.world.now};
  for (int i = 0; i < 10; ++i) {
    aca.world.arrive(1);
    EXPECT_EQ(aca.after(30s).stabilized, 1);
  }
  EXPECT_EQ(aca.after(30s).stabilized, 1);
  EXPECT_EQ(aca.after(30s).stabilized, 0);
}

TEST(AcaPolicy, TheCountIsWhatWasDecidedNotWhatLives) {
  Aca aca{settings()};
  aca.world.set_count(5);
  aca.world.decided = 10;
  aca.world.arrive(900);
  EXPECT_EQ(aca.after(15s).stabilized, 6) << "nothing asked for more yet";
  aca.world.arrive(4500);
  EXPECT_EQ(aca.after(15s).stabilized, 20) << "twice the ten";
}

TEST(AcaPolicy, OtherRulesArePolledEveryThirtySecondsAndTheLargestAskWins) {
  Aca aca{settings({{.name = "http", .kind = RuleKind::kHttp, .target = 10},
                    {.name = "depth", .kind = RuleKind::kCustom, .target = 5}})};
  aca.world.metrics[1] = {.was_observed = true, .value = 21, .at = aca.world.now};
  aca.world.arrive(300);
  EXPECT_EQ(aca.after(15s).recommended, 2) << "the custom rule is not looked at yet";
  const Evaluation evaluation = aca.after(15s);
  EXPECT_EQ(evaluation.rule, 1);
  EXPECT_EQ(evaluation.measures, RuleKind::kCustom);
  EXPECT_EQ(evaluation.recommended, 5) << "ceil(21 / 5)";
}

TEST(AcaPolicy, AMetricThatIsMissingKeepsWhatItAskedFor) {
  Aca aca{settings({{.name = "depth", .kind = RuleKind::kCustom, .target = 5, .keep = 60s}})};
  aca.world.metrics[0] = {.was_observed = true, .value = 21, .at = aca.world.now};
  EXPECT_EQ(aca.after(30s).recommended, 5);
  aca.world.advance(90s);
  EXPECT_EQ(aca.after(30s).recommended, 5);
}

TEST(AcaPolicy, CpuAndMemoryNeverAskForZero) {
  Aca aca{settings({{.name = "cpu", .kind = RuleKind::kCpu, .target = 70}})};
  aca.world.advance(1s);
  aca.world.sample_all(0);
  EXPECT_EQ(aca.after(30s).recommended, 1);
  aca.world.sample_all(0.5);
  EXPECT_EQ(aca.after(30s).recommended, 3) << "two replicas at 100 % of half a CPU, target 70 %";
}

}  // namespace
}  // namespace tenfold::core
