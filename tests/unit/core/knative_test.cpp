// The policy `knative`: what its windows see of a service, and what holds a count.
#include "core/scale/knative.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "policy_world.hpp"

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;

Settings settings_with(std::vector<ScaleRule> rules, std::uint32_t slots = 1) {
  Settings settings;
  settings.scale.policy = PolicyKind::kKnative;
  settings.scale.rules = std::move(rules);
  settings.replica.concurrency = slots;
  return settings;
}

// A service whose policy runs since time zero, with `ready` replicas that were ready right after.
struct Running {
  explicit Running(const Settings& settings, std::uint32_t ready) : world{settings}, policy{settings} {
    policy.start(world.situation());
    world.add_ready(ready);
    policy.observe(world.situation());
  }

  void set_in_flight(std::uint32_t count) {
    world.set_in_flight(count);
    policy.observe(world.situation());
  }
  void arrive(std::uint64_t count) {
    world.arrive(count);
    policy.observe(world.situation());
  }

  PolicyWorld world;
  KnativePolicy policy;
};

TEST(KnativeTarget, IsAShareOfWhatAReplicaMayCarry) {
  const KnativeSettings settings;
  const ScaleRule below{.kind = RuleKind::kHttp, .target = 10};
  const ScaleRule above{.kind = RuleKind::kHttp, .target = 50};
  EXPECT_DOUBLE_EQ(knative_target(settings, nullptr, {.count = 20}).target, 14);
  EXPECT_DOUBLE_EQ(knative_target(settings, nullptr, {.count = 20}).total, 20);
  EXPECT_DOUBLE_EQ(knative_target(settings, &below, {.count = 20}).target, 7);
  EXPECT_DOUBLE_EQ(knative_target(settings, &above, {.count = 20}).target, 14) << "never more than its slots";
}

TEST(KnativeTarget, OfARateIsSeventyPercentWhateverThePercentageIs) {
  const KnativeSettings settings{.container_concurrency_target_percentage = 20};
  const ScaleRule rate{.kind = RuleKind::kRps, .target = 200};
  const ScaleRule tiny{.kind = RuleKind::kRps, .target = 0.001};
  EXPECT_DOUBLE_EQ(knative_target(settings, &rate, {.count = 20}).target, 140);
  EXPECT_DOUBLE_EQ(knative_target(settings, &tiny, {.count = 20}).target, 0.01);
}

TEST(KnativeTarget, IsTheDefaultAtMostWhereTheSlotsAreMeasured) {
  const KnativeSettings settings;
  EXPECT_DOUBLE_EQ(knative_target(settings, nullptr, {.count = 500, .is_measured = true}).total, 100);
  EXPECT_DOUBLE_EQ(knative_target(settings, nullptr, {.count = 3, .is_measured = true}).total, 3);
  EXPECT_DOUBLE_EQ(knative_target(settings, nullptr, {.count = 500}).total, 500);
}

TEST(KnativePolicy, ABurstMakesItPanicAtTheFirstTick) {
  Running service{settings_with({}), 2};
  service.set_in_flight(100);
  const Evaluation evaluation = service.world.evaluate(service.policy);
  EXPECT_EQ(service.world.now, TimePoint{2s});
  EXPECT_DOUBLE_EQ(evaluation.metric, 100);
  EXPECT_DOUBLE_EQ(evaluation.target, 0.7);
  EXPECT_EQ(evaluation.recommended, 143);
  EXPECT_EQ(evaluation.stabilized, 143);
  EXPECT_EQ(evaluation.evidence.panic_since, TimePoint{2s});
  EXPECT_EQ(evaluation.limit, Limit::kNone);
}

TEST(KnativePolicy, HoldsTheCountForAStableWindowAfterABurst) {
  Running service{settings_with({}), 2};
  service.set_in_flight(7);
  service.world.evaluate(service.policy, 2, 10);
  service.set_in_flight(0);
  std::uint32_t ticks = 0;
  Evaluation evaluation;
  do {
    evaluation = service.world.evaluate(service.policy, 2, 10);
    ++ticks;
  } while (evaluation.limit == Limit::kPanic && ticks < 100);
  EXPECT_EQ(evaluation.evidence.panic_since, kNever);
  EXPECT_EQ(service.world.now, TimePoint{64s}) << "the first tick of more than 60 s after the last reason, of 2 s";
}

TEST(KnativePolicy, SeesABurstWithinASecondByItsTimeAverage) {
  Running service{settings_with({{.kind = RuleKind::kHttp, .target = 100}}, 100), 1};
  service.set_in_flight(100);
  service.world.advance(250ms);
  service.set_in_flight(0);
  const Evaluation evaluation = service.world.evaluate(service.policy);
  EXPECT_DOUBLE_EQ(evaluation.metric, 12.5) << "a quarter of a second, over the two that are over";
}

TEST(KnativePolicy, AnArrivalAtTheBoundaryBelongsToTheNextSecond) {
  Running service{settings_with({{.kind = RuleKind::kRps, .target = 10}}), 1};
  service.world.advance(1s);
  service.arrive(42);
  service.world.advance(1s);
  const Evaluation evaluation = service.policy.evaluate(service.world.situation());
  EXPECT_DOUBLE_EQ(evaluation.metric, 21);
  EXPECT_EQ(evaluation.recommended, 3);
}

TEST(KnativePolicy, ATimeWithoutEventsIsSeenSecondBySecond) {
  Running busy{settings_with({}, 10), 1};
  busy.set_in_flight(7);
  busy.world.advance(30s + 500ms);
  busy.set_in_flight(0);
  const Evaluation evaluation = busy.policy.evaluate(busy.world.situation());
  EXPECT_DOUBLE_EQ(evaluation.metric, 7);

  // The half second counts in the second that it belongs to.
  busy.world.advance(1s);
  EXPECT_DOUBLE_EQ(busy.policy.evaluate(busy.world.situation()).metric, 6.887097) << "(30 * 7 + 3.5) / 31";
}

TEST(KnativePolicy, ALongTimeWithoutEventsIsTheLoadThatItHad) {
  Running service{settings_with({}, 10), 1};
  service.set_in_flight(7);
  service.world.advance(24h);
  EXPECT_DOUBLE_EQ(service.policy.evaluate(service.world.situation()).metric, 7);
}

TEST(KnativePolicy, WithoutDataTheCountStays) {
  Running service{settings_with({}), 2};
  service.world.advance(500ms);
  EXPECT_EQ(service.policy.evaluate(service.world.situation()).stabilized, 2);
}

TEST(KnativePolicy, OtherRulesAreFloors) {
  Running service{
      settings_with({{.kind = RuleKind::kHttp, .target = 1}, {.name = "jobs", .kind = RuleKind::kCustom, .target = 5}}),
      2};
  service.world.metrics[1] = {.was_observed = true, .value = 21, .at = service.world.now};
  const Evaluation floor = service.world.evaluate(service.policy);
  EXPECT_EQ(floor.rule, 1);
  EXPECT_EQ(floor.measures, RuleKind::kCustom);
  EXPECT_EQ(floor.stabilized, 5);
  service.set_in_flight(100);
  EXPECT_EQ(service.world.evaluate(service.policy).rule, 0);
}

TEST(KnativePolicy, TheLargestOfTwoTrafficRulesCounts) {
  Running service{settings_with({{.kind = RuleKind::kHttp, .target = 1}, {.kind = RuleKind::kRps, .target = 10}}), 1};
  service.set_in_flight(1);
  service.arrive(28);
  const Evaluation evaluation = service.world.evaluate(service.policy);
  EXPECT_EQ(evaluation.rule, 1) << "14 / 7 is more than 1 / 0.7";
  EXPECT_EQ(evaluation.measures, RuleKind::kRps);
  EXPECT_EQ(evaluation.recommended, 2);
}

// When the last of `count` replicas goes after a request that ends at `last`, looked at every second.
TimePoint gone_at(const KnativeSettings& knative, TimePoint last, std::uint32_t slots = 10) {
  Settings settings = settings_with({}, slots);
  settings.scale.min_replicas = 0;
  settings.scale.knative = knative;
  settings.scale.knative.tick_interval = 1s;
  Running service{settings, 1};
  service.set_in_flight(1);
  for (int i = 0; i < 1000 && service.world.replicas.counts().active() > 0; ++i) {
    if (service.world.now >= last) service.set_in_flight(0);
    service.world.evaluate(service.policy, 0, 1);
  }
  return service.world.now;
}

// What Knative v0.51.0 did when it was run, with the activator in the path all the time. At the defaults its reconciler
// took a second between two passes, and was done at 161 s.
TEST(KnativePolicy, TheLastReplicaGoesWhenItDidInTheReference) {
  EXPECT_EQ(gone_at({}, TimePoint{100s}), TimePoint{160s});
  EXPECT_EQ(gone_at({.scale_to_zero_grace_period = 300s}, TimePoint{100s}), TimePoint{300s});
  EXPECT_EQ(gone_at({.scale_to_zero_pod_retention_period = 60s}, TimePoint{100s}), TimePoint{220s});
}

TEST(KnativePolicy, TheGraceBeginsWhenTheActivatorComesIntoThePath) {
  const KnativeSettings never_in_path{.target_burst_capacity = 0};
  EXPECT_EQ(gone_at(never_in_path, TimePoint{100s}), TimePoint{190s}) << "when none is wanted any more";
  EXPECT_EQ(gone_at({}, TimePoint{100s}, 212), TimePoint{190s}) << "one replica covers the burst, and 30 s more";
  EXPECT_EQ(gone_at({.target_burst_capacity = -1}, TimePoint{100s}, 212), TimePoint{160s});
}

TEST(KnativePolicy, AnActiveServiceHasAReplicaForAStableWindow) {
  EXPECT_EQ(gone_at({.stable_window = 20s}, TimePoint{1s}), TimePoint{30s}) << "and the activator in its path for 30 s";
  EXPECT_EQ(gone_at({.stable_window = 90s}, TimePoint{0s}), TimePoint{90s});
}

TEST(KnativePolicy, AReplicaThatStartsIsNotSentAwayBecauseItsClientLeft) {
  Settings settings = settings_with({}, 10);
  settings.scale.min_replicas = 0;
  settings.scale.knative.initial_scale = 0;
  PolicyWorld world{settings};
  KnativePolicy policy{settings};
  policy.start(world.situation());
  world.evaluate(policy, 0, 1);
  world.set_in_flight(1);
  world.arrive(1);
  world.add_starting(1);
  policy.observe(world.situation());
  EXPECT_EQ(policy.evaluate(world.situation()).stabilized, 1);
  world.advance(1s);
  world.set_in_flight(0);
  policy.observe(world.situation());
  for (int i = 0; i < 310; ++i) {
    world.advance(policy.next_evaluation() - world.now);
    ASSERT_EQ(policy.evaluate(world.situation()).stabilized, 1) << world.now.time_since_epoch() / 1s;
    policy.observe(world.situation());
  }
}

// From none the first request is told at once, as one for its second, and no second before it counts.
TEST(KnativePolicy, FromNoneTheFirstRequestIsReportedAheadOfItsSecond) {
  Settings settings = settings_with({}, 10);
  settings.scale.min_replicas = 0;
  settings.scale.knative.initial_scale = 0;
  settings.scale.knative.activation_scale = 3;
  PolicyWorld world{settings};
  KnativePolicy policy{settings};
  policy.start(world.situation());
  for (int i = 0; i < 50; ++i) world.evaluate(policy, 0, 10);
  ASSERT_EQ(world.now, TimePoint{100s});
  world.advance(1s + 500ms);
  world.arrive(20);
  world.set_in_flight(20);
  world.add_starting(1);
  policy.observe(world.situation());
  ASSERT_LE(policy.next_evaluation(), world.now) << "it looks at once";
  const Evaluation first = policy.evaluate(world.situation());
  EXPECT_DOUBLE_EQ(first.metric, 1);
  EXPECT_EQ(first.stabilized, 3);
  EXPECT_EQ(policy.next_evaluation(), TimePoint{102s}) << "the tick goes on";
  world.advance(500ms);
  EXPECT_DOUBLE_EQ(policy.evaluate(world.situation()).metric, 5) << "(1 + 20 / 2 - 1) / 2";
}

TEST(KnativePolicy, BeginsWithItsInitialScaleAndHoldsItUntilItWasReached) {
  Settings settings = settings_with({});
  settings.scale.min_replicas = 1;
  settings.scale.knative.initial_scale = 5;
  PolicyWorld world{settings};
  KnativePolicy policy{settings};
  policy.start(world.situation());
  EXPECT_EQ(policy.next_evaluation(), world.now) << "at once";
  world.add_starting(1);
  EXPECT_EQ(policy.evaluate(world.situation()).stabilized, 5);
  world.add_starting(4);
  world.advance(policy.next_evaluation() - world.now);
  EXPECT_EQ(policy.evaluate(world.situation()).stabilized, 5);
  for (const Slot slot : world.replicas.by_age()) world.replicas.enter(slot, ReplicaState::kReady, world.now);
  policy.observe(world.situation());
  EXPECT_EQ(world.evaluate(policy).stabilized, 2) << "reached, and nothing to do: half of them";
}

TEST(KnativePolicy, ComesToARunningServiceInPanic) {
  const Settings settings = settings_with({});
  PolicyWorld world{settings};
  world.add_ready(6);
  KnativePolicy policy{settings};
  policy.start(world.situation());
  const Evaluation evaluation = world.evaluate(policy);
  EXPECT_EQ(evaluation.stabilized, 6);
  EXPECT_EQ(evaluation.limit, Limit::kPanic);
  EXPECT_EQ(evaluation.evidence.panic_since, TimePoint{});
}

TEST(KnativePolicy, GoesOnFromACheckpoint) {
  const Settings settings = settings_with({});
  Running service{settings, 2};
  service.set_in_flight(12);
  service.world.evaluate(service.policy);
  service.world.advance(700ms);
  service.set_in_flight(3);
  Checkpoint checkpoint;
  service.policy.save(checkpoint);
  KnativePolicy other{settings};
  other.load(checkpoint);
  ASSERT_EQ(other.next_evaluation(), service.policy.next_evaluation());
  service.world.advance(other.next_evaluation() - service.world.now);
  const Evaluation evaluation = other.evaluate(service.world.situation());
  EXPECT_EQ(evaluation.metric, service.policy.evaluate(service.world.situation()).metric);
  Checkpoint after;
  other.save(after);
  service.policy.save(checkpoint);
  EXPECT_EQ(after.knative, checkpoint.knative);
}

}  // namespace
}  // namespace tenfold::core
