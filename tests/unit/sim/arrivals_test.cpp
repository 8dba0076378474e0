// Arrivals that depend on each other: modulated rates, batches, closed loops; and all of them at another rate.
#include "sim/arrivals.hpp"

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/workload.hpp"

namespace tenfold::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

double seconds(core::TimePoint at) { return static_cast<double>(at.time_since_epoch().count()) / 1e9; }

std::vector<double> times_until(const std::string& spec, double until, double scale = 1, std::uint64_t seed = 1) {
  const auto workload = make_workload(spec, seed, {.rate_scale = scale});
  EXPECT_TRUE(workload) << workload.error();
  std::vector<double> times;
  while (const auto arrival = (*workload)->next()) {
    if (seconds(arrival->at) >= until) break;
    EXPECT_TRUE(times.empty() || seconds(arrival->at) >= times.back()) << "in the order of their times";
    times.push_back(seconds(arrival->at));
  }
  return times;
}

// Mean and variance of the counts in windows of `length`.
std::pair<double, double> counts_of(const std::vector<double>& times, double length, double until) {
  std::vector<double> counts(static_cast<std::size_t>(until / length));
  for (const double time : times) ++counts[static_cast<std::size_t>(time / length)];
  double mean = 0;
  for (const double count : counts) mean += count / static_cast<double>(counts.size());
  double variance = 0;
  for (const double count : counts) variance += (count - mean) * (count - mean) / static_cast<double>(counts.size());
  return {mean, variance};
}

// The index of dispersion of a two-state MMPP over long windows: Fischer and Meier-Hellstern 1993, eq. 23.
TEST(Mmpp, HasTheRateAndTheDispersionOfTheCookbook) {
  constexpr double kUntil = 2e6;
  const auto times = times_until("mmpp:rates=2/20,stay=3s/1s", kUntil);
  const double mean_rate = (2 * 3 + 20 * 1) / 4.0;
  EXPECT_NEAR(static_cast<double>(times.size()) / kUntil, mean_rate, 0.02 * mean_rate);
  const double s1 = 1 / 3.0;
  const double s2 = 1;
  const double dispersion = 1 + 2 * s1 * s2 * std::pow(20 - 2, 2) / (std::pow(s1 + s2, 2) * (2 * s2 + 20 * s1));
  const auto [mean, variance] = counts_of(times, 400, kUntil);
  EXPECT_NEAR(variance / mean, dispersion, 0.06 * dispersion);
}

TEST(Mmpp, ItsStatesLastAsLongAsTheySay) {
  EXPECT_NEAR(static_cast<double>(times_until("mmpp:rates=0/3/30,stay=10s/10s/20s", 1e6).size()) / 1e6, 630.0 / 40,
              0.4);
  EXPECT_NEAR(static_cast<double>(times_until("mmpp:rates=0/10,stay=5s", 1e6).size()) / 1e6, 5, 0.1) << "one for all";
  EXPECT_THAT(make_workload("mmpp:rates=5", 1).error(), HasSubstr("two rates or more"));
  EXPECT_THAT(make_workload("mmpp:rates=5/6,stay=1s/2s/3s", 1).error(),
              HasSubstr("as many as there are rates, or one"));
  EXPECT_THAT(make_workload("mmpp:rates=5/6,stay=1/2", 1).error(), HasSubstr("'1' is no duration"));
}

TEST(Batches, ComeTogetherAndIndependentlyOfEachOther) {
  const auto times = times_until("batches:rate=2,size=5", 50'000);
  EXPECT_EQ(times.size() % 5, 0);
  EXPECT_NEAR(static_cast<double>(times.size()) / 50'000, 10, 0.2);
  for (std::size_t i = 0; i < times.size(); i += 5) ASSERT_EQ(times[i], times[i + 4]);
}

TEST(Batches, OfGeometricSizeHaveItsMeanAndVariance) {
  const auto times = times_until("batches:rate=1,size=4,sizes=geometric", 200'000);
  std::map<double, double> sizes;
  for (const double time : times) ++sizes[time];
  double sum = 0;
  double square = 0;
  for (const auto& [time, size] : sizes) {
    sum += size;
    square += size * size;
  }
  const double n = static_cast<double>(sizes.size());
  EXPECT_NEAR(sum / n, 4, 0.05);
  EXPECT_NEAR(square / n - std::pow(sum / n, 2), 12, 0.5) << "(1 - p) / p^2 of p = 1/4";
  const auto single = times_until("batches:rate=1,size=1,sizes=geometric", 1000);
  for (std::size_t i = 1; i < single.size(); ++i) EXPECT_GT(single[i], single[i - 1]);
  EXPECT_THAT(make_workload("batches:rate=1,size=0", 1).error(), HasSubstr("'0' is no whole number from 1"));
  EXPECT_THAT(make_workload("batches:rate=1,sizes=odd", 1).error(), HasSubstr("sizes: constant or geometric"));
}

TEST(ClosedLoop, ItsClientsBeginByThinkingAndComeAgainWhenTheyHaveThought) {
  const auto loop = *make_workload("closed:clients=3,think=constant:2s", 1);
  for (std::uint32_t client = 1; client <= 3; ++client)
    EXPECT_EQ(loop->next(), (Arrival{.at = core::TimePoint{2s}, .client = client}));
  EXPECT_EQ(loop->next(), std::nullopt);
  EXPECT_EQ(loop->comes_again(2, core::TimePoint{5s}, true), core::TimePoint{7s});
}

TEST(ClosedLoop, WhoGotNoAnswerTriesAgainAfterPausesThatDouble) {
  const auto loop = *make_workload("closed:clients=1,think=constant:1min,retries=3,pause=1s", 1);
  const core::TimePoint now{100s};
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(loop->comes_again(1, now, false), now + 1s);
    EXPECT_EQ(loop->comes_again(1, now, false), now + 2s);
    EXPECT_EQ(loop->comes_again(1, now, false), now + 4s);
    EXPECT_EQ(loop->comes_again(1, now, false), now + 60s) << "it gives up";
  }
  EXPECT_EQ(loop->comes_again(1, now, false), now + 1s);
  EXPECT_EQ(loop->comes_again(1, now, true), now + 60s);
  EXPECT_EQ(loop->comes_again(1, now, false), now + 1s) << "from the beginning";
}

TEST(ClosedLoop, SaysWhatIsWrongWithItsSpec) {
  EXPECT_THAT(make_workload("closed:clients=0", 1).error(), HasSubstr("'0' is no whole number from 1"));
  EXPECT_THAT(make_workload("closed:clients=3,think=sometimes:1s", 1).error(),
              HasSubstr("think sometimes:1s: 'sometimes' is not known"));
  EXPECT_THAT(make_workload("closed:clients=3,think=1", 1).error(), HasSubstr("'1' is no duration"));
  EXPECT_THAT(make_workload("closed:clients=3,pause=2h", 1).error(), HasSubstr("an hour at most"));
}

TEST(RateScale, GivesSoManyTimesAsManyInTheSameTime) {
  for (const char* spec :
       {"poisson:rate=10", "constant:rate=10", "steps:rates=5/15,every=10s", "onoff:rate=20,on=5s,off=5s",
        "diurnal:mean=10,period=1000s", "mmpp:rates=0/20,stay=1s", "batches:rate=2,size=5"}) {
    EXPECT_NEAR(static_cast<double>(times_until(spec, 20'000, 1.5).size()), 300'000, 9'000) << spec;
    EXPECT_NEAR(static_cast<double>(times_until(spec, 20'000, 0.25).size()), 50'000, 3'000) << spec;
  }
  EXPECT_EQ(times_until("burst:n=100,every=10s,times=2", 100, 1.5).size(), 300U);
  EXPECT_EQ(times_until("closed:clients=100", 1000, 1.5).size(), 150U);
}

TEST(RateScale, CopiesOfATracesArrivalsStayNearThem) {
  std::vector<Arrival> arrivals;
  for (int burst = 0; burst < 1000; ++burst) {
    for (int i = 0; i < 100; ++i)
      arrivals.push_back({.at = core::TimePoint{burst * 60s}, .klass = core::RequestClass{7}});
  }
  const auto more = multiplied(arrivals, 1.5, Random{1});
  EXPECT_NEAR(static_cast<double>(more.size()), 150'000, 700);
  for (const Arrival& arrival : more) {
    ASSERT_EQ(arrival.at.time_since_epoch() % 60s, 0s) << "what came at once still does";
    ASSERT_EQ(arrival.klass, core::RequestClass{7});
  }
  EXPECT_NEAR(static_cast<double>(multiplied(arrivals, 0.1, Random{1}).size()), 10'000, 400);
  EXPECT_EQ(multiplied(arrivals, 3, Random{1}).size(), 300'000U);
}

}  // namespace
}  // namespace tenfold::sim
