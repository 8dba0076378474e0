// The HPA's arithmetic, with cases of kubernetes' replica_calculator_test.go beyond those in data/vectors.
#include "core/scale/hpa_math.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace tenfold::core {
namespace {

constexpr HpaTolerance kTolerance{.down = 0.1, .up = 0.1};

HpaPod pod(std::int64_t used) { return {.used = used, .request = 1000}; }
HpaPod unready(std::int64_t used) { return {.used = used, .request = 1000, .is_ready = false}; }
HpaPod missing() { return {.request = 1000}; }
HpaPod pending() { return {.request = 1000, .is_pending = true}; }

std::uint32_t cpu_replicas(const std::vector<HpaPod>& pods, std::uint32_t current, double target) {
  return hpa_utilization(pods, HpaResource::kCpu, current, target, kTolerance).value().replicas;
}

TEST(HpaUtilization, StaysWithinTheToleranceWithItsEdges) {
  EXPECT_EQ(cpu_replicas({pod(550), pod(550)}, 2, 50), 2);
  EXPECT_EQ(cpu_replicas({pod(560), pod(560)}, 2, 50), 3);
  EXPECT_EQ(cpu_replicas({pod(450), pod(450), pod(450), pod(450), pod(450)}, 5, 50), 5);
  EXPECT_EQ(cpu_replicas({pod(390), pod(390), pod(390), pod(390), pod(390)}, 5, 50), 4);
}

TEST(HpaUtilization, IsInWholePercentCutOff) {
  const std::vector<HpaPod> pods{{.used = 559, .request = 1000}};
  const HpaProposal proposal = hpa_utilization(pods, HpaResource::kCpu, 1, 50, kTolerance).value();
  EXPECT_EQ(proposal.value, 55);
  EXPECT_EQ(proposal.replicas, 1) << "55 of 50 % is within the tolerance, 55.9 is not";
  EXPECT_EQ(proposal.bare, 2);
}

TEST(HpaUtilization, OfTheSumsNotTheMeanOfShares) {
  const std::vector<HpaPod> pods{{.used = 100, .request = 100}, {.used = 0, .request = 900}};
  EXPECT_EQ(hpa_utilization(pods, HpaResource::kCpu, 2, 10, kTolerance).value().value, 10);
}

TEST(HpaUtilization, PodsWithoutASampleUseAllOfTheirRequestWhenItShrinks) {
  EXPECT_EQ(cpu_replicas({pod(400), pod(95), missing(), missing()}, 4, 100), 3);
  EXPECT_EQ(cpu_replicas({pod(600), missing()}, 2, 100), 2);
}

TEST(HpaUtilization, PodsWithoutASampleAreAtTheTargetWhereThatIsAboveTheirRequest) {
  EXPECT_EQ(cpu_replicas({pod(600), missing()}, 2, 300), 2) << "(600 + 3000) of 2000 is 180 %";
  EXPECT_EQ(cpu_replicas({pod(600), pod(600), pod(600), missing()}, 4, 300), 2) << "4800 of 4000 is 120 %";
}

TEST(HpaUtilization, PodsWithoutASampleUseNothingWhenItGrows) {
  EXPECT_EQ(cpu_replicas({pod(1900), missing()}, 2, 100), 2) << "95 % is within the tolerance";
  EXPECT_EQ(cpu_replicas({pod(1000), missing()}, 2, 100), 2) << "at the target nothing is assumed";
  EXPECT_EQ(cpu_replicas({pod(3000), missing()}, 2, 100), 3);
}

TEST(HpaUtilization, NeverTurnsTheDirectionRound) {
  EXPECT_EQ(cpu_replicas({unready(100), pod(450), missing()}, 3, 50), 3) << "90 % of the target, then 144 %";
  EXPECT_EQ(cpu_replicas({pod(400), unready(500), unready(700)}, 3, 30), 3);
}

TEST(HpaUtilization, NeverGrowsByPodsThatTheCountDoesNotHave) {
  EXPECT_EQ(cpu_replicas({pod(100), pod(100), missing()}, 2, 50), 2) << "a third pod, of a rolling update";
}

TEST(HpaUtilization, SetsUnreadyPodsAsideAndCountsThemAsIdleWhenItGrows) {
  EXPECT_EQ(cpu_replicas({unready(100), pod(2000), missing()}, 3, 50), 4);
  EXPECT_EQ(cpu_replicas({unready(100), pod(100), pod(100), missing()}, 4, 50), 3);
}

TEST(HpaUtilization, SetsPendingPodsAsideWhateverIsMeasured) {
  EXPECT_EQ(cpu_replicas({pod(600), pending()}, 2, 50), 2);
  EXPECT_EQ(cpu_replicas({pod(2000), pending(), pending()}, 3, 50), 4);
}

TEST(HpaUtilization, OfMemoryCountsUnreadyPods) {
  const std::vector<HpaPod> pods{unready(900), pod(500)};
  EXPECT_EQ(hpa_utilization(pods, HpaResource::kMemory, 2, 50, kTolerance).value().replicas, 3);
  EXPECT_EQ(hpa_utilization(pods, HpaResource::kCpu, 2, 50, kTolerance).value().replicas, 2);
}

TEST(HpaUtilization, IsUnknownWhereNoPodCounts) {
  EXPECT_FALSE(hpa_utilization(std::vector{missing(), pending(), unready(500)}, HpaResource::kCpu, 3, 50, kTolerance));
  EXPECT_FALSE(hpa_utilization({}, HpaResource::kCpu, 0, 50, kTolerance));
}

TEST(HpaAverageValue, StaysWithinTheTolerance) {
  EXPECT_EQ(hpa_average_value(33, 10, 3, kTolerance).replicas, 3);
  EXPECT_EQ(hpa_average_value(33, 10, 3, kTolerance).bare, 4);
  EXPECT_EQ(hpa_average_value(34, 10, 3, kTolerance).replicas, 4);
  EXPECT_EQ(hpa_average_value(27, 10, 3, kTolerance).replicas, 3);
  EXPECT_EQ(hpa_average_value(20, 10, 3, kTolerance).replicas, 2);
}

TEST(HpaAverageValue, FromNoneIsTheTotalOverTheTarget) {
  EXPECT_EQ(hpa_average_value(0, 10, 0, kTolerance).replicas, 0);
  EXPECT_EQ(hpa_average_value(11, 10, 0, kTolerance).replicas, 2);
}

TEST(HpaValue, GrowsWithThePodsThatAreReady) {
  EXPECT_EQ(hpa_value(20, 15, 3, 3, kTolerance).replicas, 4);
  EXPECT_EQ(hpa_value(20, 15, 3, 2, kTolerance).replicas, 3);
  EXPECT_EQ(hpa_value(16, 15, 3, 2, kTolerance).replicas, 3) << "within the tolerance the count stays";
  EXPECT_EQ(hpa_value(40, 15, 0, 0, kTolerance).replicas, 3) << "from none the ratio itself";
}

}  // namespace
}  // namespace tenfold::core
