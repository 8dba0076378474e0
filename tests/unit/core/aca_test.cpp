// The policy `aca` against Azure's documented arithmetic.
#include "core/scale/aca.hpp"

#include <gtest/gtest.h>

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint at(Duration since_start) { return TimePoint{since_start}; }

TEST(AcaPolicy, MeasuresTheTimeAverageOfRequestsInFlight) {
  AcaPolicy policy{{}};
  policy.start(at(0s));
  policy.observe(at(5s), {.waiting = 20, .running = 10});
  policy.observe(at(10s), {.waiting = 0, .running = 0});
  const Evaluation evaluation = policy.evaluate(at(15s), 2);
  EXPECT_DOUBLE_EQ(evaluation.metric, 10) << "30 requests for 5 of 15 seconds";
  EXPECT_EQ(evaluation.recommended, 1);
}

TEST(AcaPolicy, EachEvaluationLooksAtTheTimeSinceTheLast) {
  AcaPolicy policy{{}};
  policy.start(at(0s));
  policy.observe(at(0s), {.waiting = 0, .running = 45});
  EXPECT_EQ(policy.next_evaluation(), at(15s));
  EXPECT_EQ(policy.evaluate(at(15s), 2).recommended, 5);
  policy.observe(at(15s), {});
  EXPECT_EQ(policy.next_evaluation(), at(30s));
  EXPECT_EQ(policy.evaluate(at(30s), 5).recommended, 0);
}

// "1, 4, 8, 16, 32, ... up to the configured maximum".
TEST(AcaPolicy, GrowsByTheDocumentedSteps) {
  AcaPolicy policy{{.target_concurrency = 1}};
  policy.start(at(0s));
  policy.observe(at(0s), {.waiting = 1000, .running = 0});
  std::uint32_t current = 0;
  std::vector<std::uint32_t> steps;
  for (int i = 1; i <= 6; ++i) {
    current = policy.evaluate(at(15s * i), current).stabilized;
    steps.push_back(current);
  }
  EXPECT_EQ(steps, (std::vector<std::uint32_t>{1, 4, 8, 16, 32, 64}));
}

TEST(AcaPolicy, ShrinksToTheLargestRecommendationOfFiveMinutesAllAtOnce) {
  AcaPolicy policy{{}};
  policy.start(at(0s));
  policy.observe(at(0s), {.waiting = 0, .running = 100});
  EXPECT_EQ(policy.evaluate(at(15s), 8).stabilized, 10);
  policy.observe(at(15s), {.waiting = 0, .running = 30});
  for (int i = 2; i <= 20; ++i) EXPECT_EQ(policy.evaluate(at(15s * i), 10).stabilized, 10) << "evaluation " << i;
  EXPECT_EQ(policy.evaluate(at(315s), 10).stabilized, 3);
}

}  // namespace
}  // namespace tenfold::core
