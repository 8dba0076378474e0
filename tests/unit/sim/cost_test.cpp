// What runs cost: the figures of Azure's price list, by hand.
#include "sim/cost.hpp"

#include <gtest/gtest.h>

namespace tenfold::sim {
namespace {

using namespace std::chrono_literals;

// An hour of two replicas of half a CPU and a GiB, half of it idle, and 1,000 requests.
Result an_hour() {
  Result result;
  result.replica_s = 7200;
  result.idle_replica_s = 3600;
  result.requests = 1000;
  result.most_replicas = 2;
  result.counted = 1h;
  return result;
}

config::AppConfig app() {
  config::AppConfig made;
  made.core.replica.cpu = 0.5;
  made.core.replica.memory = core::gibibytes(1);
  return made;
}

TEST(Cost, IsAzuresConsumptionPlanUnlessTheAppSaysOtherwise) {
  const double active = 0.5 * 3600 * 0.000024;
  const double idle = 0.5 * 3600 * 0.000003;
  EXPECT_DOUBLE_EQ(cost_of(an_hour(), app()), active + idle + 7200 * 0.000003 + 1000 * 0.0000004);
}

// An hour's share of the free grants is 246.6 vCPU-seconds, 493.2 GiB-seconds and 2,740 requests.
TEST(Cost, OfAMonthsFreeGrantsARunHasItsShare) {
  config::AppConfig granted = app();
  granted.prices.emplace().free_grants = FreeGrants::kAzure;
  const double share = 1 / 730.0;
  const double cpu = 0.5 * 3600 * (0.000024 + 0.000003) * (1 - share * 180'000 / 3600);
  const double memory = (7200 - share * 360'000) * 0.000003;
  EXPECT_NEAR(cost_of(an_hour(), granted), cpu + memory, 1e-12) << "the requests are all free";
  Result small = an_hour();
  small.replica_s = 200;
  small.idle_replica_s = 0;
  EXPECT_EQ(cost_of(small, granted), 0);
  EXPECT_EQ(cost_of(Result{}, granted), 0);
}

TEST(Cost, OfMachinesIsTheirNumberByTheHour) {
  config::AppConfig owned = app();
  owned.prices.emplace().machine_hour = 0.2;
  EXPECT_DOUBLE_EQ(cost_of(an_hour(), owned), 0.2) << "all on one";
  owned.prices->machine_cpu = 4;
  Result large = an_hour();
  for (const auto& [replicas, machines] : {std::pair{1U, 1.}, {8U, 1.}, {9U, 2.}, {16U, 2.}, {17U, 3.}}) {
    large.most_replicas = replicas;
    EXPECT_DOUBLE_EQ(cost_of(large, owned), 0.2 * machines) << replicas;
  }
  large.counted = 30min;
  EXPECT_DOUBLE_EQ(cost_of(large, owned), 0.1 * 3);
}

}  // namespace
}  // namespace tenfold::sim
