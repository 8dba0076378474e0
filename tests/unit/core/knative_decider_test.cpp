// What Knative's autoscaler makes of two averages, beyond the cases in data/vectors.
#include "core/scale/knative_decider.hpp"

#include <gtest/gtest.h>

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint at(Duration since_start) { return TimePoint{since_start}; }

KnativeDecider decider(KnativeSettings settings = {}) { return KnativeDecider{settings}; }

TEST(KnativeDecider, StartsAWholeReplicaForAnyPartOfOne) {
  EXPECT_EQ(decider().decide(at(0s), {.ready = 3, .stable = 2.01, .panic = 2.01}).desired, 3);
  EXPECT_EQ(decider().decide(at(0s), {.ready = 3, .stable = 3.0, .panic = 3.0}).desired, 3);
}

TEST(KnativeDecider, DoesNotHalveMoreThanOnceAtATime) {
  const auto decision = decider().decide(at(0s), {.ready = 9, .stable = 1, .panic = 1});
  EXPECT_EQ(decision.desired, 4);
  EXPECT_EQ(decision.wanted, 1);
  EXPECT_EQ(decision.limit, Limit::kStep);
}

TEST(KnativeDecider, ShrinksAtOnceWhenNothingCanReachTheService) {
  EXPECT_EQ(decider().decide(at(0s), {.ready = 9, .stable = 1, .panic = 1, .is_reachable = false}).desired, 1);
}

TEST(KnativeDecider, PanicsAtTwiceTheReadyReplicas) {
  KnativeDecider calm = decider();
  EXPECT_EQ(calm.decide(at(0s), {.ready = 4, .stable = 4, .panic = 7}).desired, 4);
  EXPECT_EQ(calm.panic_since(), kNever);
  KnativeDecider panics = decider();
  const auto decision = panics.decide(at(0s), {.ready = 4, .stable = 4, .panic = 7.1});
  EXPECT_EQ(decision.desired, 8);
  EXPECT_TRUE(decision.is_by_panic);
  EXPECT_EQ(decision.limit, Limit::kNone);
  EXPECT_EQ(panics.panic_since(), at(0s));
}

TEST(KnativeDecider, DoesNotShrinkInPanicAndLeavesItAfterAStableWindow) {
  KnativeDecider d = decider();
  d.decide(at(0s), {.ready = 2, .stable = 2, .panic = 10});
  const auto held = d.decide(at(60s), {.ready = 10, .stable = 6, .panic = 6});
  EXPECT_EQ(held.desired, 10);
  EXPECT_EQ(held.wanted, 6);
  EXPECT_EQ(held.limit, Limit::kPanic);
  EXPECT_EQ(d.decide(at(60s + 1ns), {.ready = 10, .stable = 6, .panic = 6}).desired, 6);
  EXPECT_EQ(d.panic_since(), kNever);
}

TEST(KnativeDecider, ANewReasonRenewsThePanic) {
  KnativeDecider d = decider();
  d.decide(at(0s), {.ready = 2, .stable = 2, .panic = 10});
  d.decide(at(50s), {.ready = 2, .stable = 2, .panic = 10});
  EXPECT_EQ(d.panic_since(), at(50s));
  EXPECT_EQ(d.decide(at(100s), {.ready = 10, .stable = 1, .panic = 1}).desired, 10);
}

TEST(KnativeDecider, TakesTheStableAverageInPanicWhereThatIsMore) {
  KnativeDecider d = decider();
  d.decide(at(0s), {.ready = 2, .stable = 2, .panic = 4});
  const auto decision = d.decide(at(2s), {.ready = 4, .stable = 7, .panic = 5});
  EXPECT_EQ(decision.desired, 7);
  EXPECT_FALSE(decision.is_by_panic);
}

TEST(KnativeDecider, HoldsWhatItFoundWhenItStartsInPanic) {
  KnativeDecider d = decider();
  d.start_in_panic(at(0s), 5);
  EXPECT_EQ(d.decide(at(2s), {.ready = 5, .stable = 0, .panic = 0}).desired, 5);
  EXPECT_EQ(d.decide(at(61s), {.ready = 5, .stable = 0, .panic = 0}).desired, 2);
}

TEST(KnativeDecider, ActivatesWithItsScaleOnlyWhereSomethingIsWanted) {
  KnativeDecider d = decider({.activation_scale = 5});
  EXPECT_EQ(d.decide(at(0s), {.ready = 1, .stable = 0, .panic = 0}).desired, 0);
  EXPECT_EQ(d.decide(at(0s), {.ready = 1, .stable = 0.1, .panic = 0}).desired, 5);
  EXPECT_EQ(d.decide(at(0s), {.ready = 1, .stable = 0, .panic = 0.1}).desired, 0) << "not in panic";
  EXPECT_EQ(d.decide(at(0s), {.ready = 10, .stable = 9, .panic = 9}).desired, 9);
}

TEST(KnativeDecider, DelaysShrinkingByTheMostOfTheDelay) {
  KnativeDecider d = decider({.scale_down_delay = 10s});
  EXPECT_EQ(d.decide(at(0s), {.ready = 4, .stable = 4, .panic = 4}).desired, 4);
  EXPECT_EQ(d.decide(at(2s), {.ready = 4, .stable = 3, .panic = 3}).desired, 4);
  const auto delayed = d.decide(at(8s), {.ready = 4, .stable = 2, .panic = 2});
  EXPECT_EQ(delayed.desired, 4);
  EXPECT_EQ(delayed.limit, Limit::kStabilization);
  EXPECT_EQ(d.decide(at(10s), {.ready = 4, .stable = 2, .panic = 2}).desired, 3) << "the 4 is five ticks old";
  EXPECT_EQ(d.decide(at(12s), {.ready = 4, .stable = 2, .panic = 2}).desired, 2);
  EXPECT_EQ(d.decide(at(14s), {.ready = 4, .stable = 6, .panic = 6}).desired, 6);
}

TEST(KnativeDecider, TheMostOfATickCountsForAllOfIt) {
  KnativeDecider d = decider({.scale_down_delay = 2s});
  EXPECT_EQ(d.decide(at(4s), {.ready = 4, .stable = 4, .panic = 4}).desired, 4);
  EXPECT_EQ(d.decide(at(5s), {.ready = 4, .stable = 3, .panic = 3}).desired, 4);
  EXPECT_EQ(d.decide(at(6s), {.ready = 4, .stable = 3, .panic = 3}).desired, 3);
}

TEST(KnativeDecider, GoesOnFromARecord) {
  KnativeDecider d = decider({.scale_down_delay = 20s});
  d.decide(at(0s), {.ready = 2, .stable = 2, .panic = 9});
  KnativeRecord record;
  d.save(record);
  KnativeDecider other = decider({.scale_down_delay = 20s});
  other.load(record);
  EXPECT_EQ(other.panic_since(), at(0s));
  EXPECT_EQ(other.decide(at(2s), {.ready = 9, .stable = 2, .panic = 2}).desired, 9);
}

TEST(ExcessBurstCapacity, IsWhatIsLeftAfterTheBurst) {
  EXPECT_EQ(excess_burst_capacity(10, 100, 211, 88.5), 700);
  EXPECT_EQ(excess_burst_capacity(1, 100, 211, 0), -111);
  EXPECT_EQ(excess_burst_capacity(10, 100, 0, 88.5), 0) << "no burst to be ready for";
  EXPECT_EQ(excess_burst_capacity(10, 100, -1, 88.5), -1) << "always";
}

}  // namespace
}  // namespace tenfold::core
