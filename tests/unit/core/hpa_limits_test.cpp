// The policy `hpa`: how far one step may go by its behavior.
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "core/scale/hpa.hpp"
#include "policy_world.hpp"

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;

constexpr auto kPods = HpaPolicyType::kPods;
constexpr auto kPercent = HpaPolicyType::kPercent;

// After a change of so many within the last 10 s.
HpaRecord changed_by(int change) {
  HpaRecord memory;
  auto& changes = change > 0 ? memory.ups : memory.downs;
  if (change != 0) changes.push_back({.at = TimePoint{90s}, .change = static_cast<std::uint32_t>(std::abs(change))});
  return memory;
}
std::uint32_t up(const HpaBehavior& behavior, std::uint32_t current, int change = 0) {
  return hpa_limit_up(behavior, current, changed_by(change), TimePoint{100s});
}
std::uint32_t down(const HpaBehavior& behavior, std::uint32_t current, int change = 0) {
  return hpa_limit_down(behavior, current, changed_by(change), TimePoint{100s});
}

TEST(HpaLimits, UpIsTheLargestOrTheSmallestPolicyFromTheBeginOfThePeriod) {
  const HpaBehavior both;
  const HpaBehavior least{.select_policy = SelectPolicy::kMin};
  EXPECT_EQ(up(both, 2), 6);
  EXPECT_EQ(up(both, 10), 20);
  EXPECT_EQ(up(both, 6, 4), 6) << "four of the six came within the period";
  EXPECT_EQ(up(both, 8, -2), 20) << "two went within the period";
  EXPECT_EQ(up(least, 2), 4);
  EXPECT_EQ(up(least, 10), 14);
  EXPECT_EQ(up({.select_policy = SelectPolicy::kDisabled}, 10), 10);
  EXPECT_EQ(up({.policies = {{.type = kPercent, .value = 10}}}, 1), 2) << "rounded up, or it would never grow";
  EXPECT_EQ(up({.policies = {{.type = kPercent, .value = 100}}}, 9, 8), 9) << "never below what there is";
}

TEST(HpaLimits, EachPolicyHasItsOwnPeriod) {
  const HpaBehavior two{
      .select_policy = SelectPolicy::kMin,
      .policies = {{.type = kPods, .value = 3, .period = 5s}, {.type = kPods, .value = 6, .period = 60s}}};
  EXPECT_EQ(up(two, 10), 13);
  EXPECT_EQ(up(two, 10, 5), 11) << "six a minute, of which five came ten seconds ago";
}

TEST(HpaLimits, DownLikewise) {
  EXPECT_EQ(down({}, 10), 0);
  EXPECT_EQ(down({.policies = {{.type = kPercent, .value = 25}}}, 10), 7) << "cut off";
  const std::vector<HpaScalingPolicy> both{{.type = kPercent, .value = 50}, {.type = kPods, .value = 2}};
  EXPECT_EQ(down({.policies = both}, 10), 5);
  EXPECT_EQ(down({.select_policy = SelectPolicy::kMin, .policies = both}, 10), 8);
  EXPECT_EQ(down({.policies = {{.type = kPods, .value = 2}}}, 8, -2), 8) << "two went within the period";
  EXPECT_EQ(down({.select_policy = SelectPolicy::kDisabled}, 10), 10);
}

TEST(HpaLimits, EachDirectionMayHaveItsOwnTolerance) {
  Settings settings;
  settings.scale.hpa.has_behavior = true;
  settings.scale.hpa.scale_up.tolerance = 0.5;
  settings.scale.hpa.scale_down.tolerance = 0;
  settings.scale.hpa.scale_down.stabilization_window = 0s;
  PolicyWorld world{settings};
  world.add_ready(10);
  HpaPolicy policy{settings};
  policy.start(world.situation());
  world.set_in_flight(149);
  EXPECT_EQ(world.evaluate(policy).limit, Limit::kTolerance);
  world.set_in_flight(89);
  EXPECT_EQ(world.evaluate(policy).stabilized, 9);
}

// The controller keeps a list for each direction and reuses the last place that is older than the direction's longest
// period. What lies in another place still counts for a longer period of the other direction.
TEST(HpaLimits, AnOutdatedChangeCountsForTheOtherDirectionUntilItsPlaceIsReused) {
  HpaSettings settings{.has_behavior = true};
  settings.scale_up.policies = {{.type = kPods, .value = 1, .period = 600s}};
  settings.scale_down.policies = {{.type = kPods, .value = 9, .period = 15s}};
  HpaRecord memory;
  hpa_remember_change(settings, memory, TimePoint{0s}, 10, 8);
  EXPECT_EQ(hpa_limit_up(settings.scale_up, 8, memory, TimePoint{100s}), 11) << "two went within ten minutes";
  hpa_remember_change(settings, memory, TimePoint{100s}, 8, 7);
  EXPECT_EQ(memory.downs.size(), 1);
  EXPECT_EQ(hpa_limit_up(settings.scale_up, 7, memory, TimePoint{110s}), 9) << "the one of then, no longer the two";
}

}  // namespace
}  // namespace tenfold::core
