// Arrivals in depth: their laws over time, their ends, and what files may hold.
#include "sim/workload.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "sim/scatter.hpp"
#include "sim/trace.hpp"
#include "sim/trace_time.hpp"
#include "sim/varying_poisson.hpp"
#include "unit/sim/scratch_file.hpp"

namespace tenfold::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

double seconds(core::TimePoint at) { return static_cast<double>(at.time_since_epoch().count()) / 1e9; }

// All that come before `until`.
std::vector<double> times_until(Workload& workload, core::Duration until) {
  std::vector<double> times;
  core::TimePoint last{};
  while (const auto arrival = workload.next()) {
    EXPECT_GE(arrival->at, last) << "in the order of their times";
    last = arrival->at;
    if (arrival->at >= core::TimePoint{until}) break;
    times.push_back(seconds(arrival->at));
  }
  return times;
}

std::vector<double> times_until(const std::string& spec, core::Duration until, std::uint64_t seed = 1) {
  const auto workload = make_workload(spec, seed);
  EXPECT_TRUE(workload) << workload.error();
  return times_until(**workload, until);
}

std::size_t count_between(const std::vector<double>& times, double from, double until) {
  return static_cast<std::size_t>(std::ranges::count_if(times, [=](double t) { return t >= from && t < until; }));
}

// Within four standard deviations of a Poisson count.
testing::Matcher<double> about(double expected) {
  return testing::DoubleNear(expected, 4 * std::sqrt(std::max(1.0, expected)));
}
double between(const std::vector<double>& times, double from, double until) {
  return static_cast<double>(count_between(times, from, until));
}

TEST(Burst, ComesAgainAndAgainIfNobodySaysHowOften) {
  const auto times = times_until("burst:n=4,every=10s", 1h);
  EXPECT_EQ(times.size(), 4 * 360U);
  EXPECT_EQ(count_between(times, 3590, 3590.001), 4U);
  EXPECT_EQ((*make_workload("burst:n=4,every=10s", 1))->total(), std::nullopt);
  EXPECT_EQ((*make_workload("burst:n=4,every=10s,times=3", 1))->total(), 12U);
}

TEST(Burst, IsSpreadEvenlyAtRandomWithinItsTime) {
  const auto times = times_until("burst:n=100000,at=5s,within=10s", 1h);
  ASSERT_EQ(times.size(), 100'000U);
  EXPECT_GE(times.front(), 5);
  EXPECT_LT(times.back(), 15);
  for (int second = 5; second < 15; ++second) EXPECT_THAT(between(times, second, second + 1), about(10'000)) << second;
}

TEST(Burst, MustEndBeforeTheNextBegins) {
  EXPECT_THAT(make_workload("burst:n=4,within=10s,every=5s", 1).error(), HasSubstr("they would overlap"));
  EXPECT_THAT(make_workload("burst:n=4000000000", 1).error(), HasSubstr("no whole number from 1 to 1000000000"));
}

TEST(Scatter, TakesNoMemoryForManyAndKeepsTheirOrder) {
  Random random{5};
  constexpr std::uint64_t kMany = 1'000'000'000'000;
  Scatter scatter{kMany, core::TimePoint{}, 1h};
  core::TimePoint last{};
  for (int i = 0; i < 1000; ++i) {
    const core::TimePoint at = scatter.next(random);
    EXPECT_GE(at, last);
    last = at;
  }
  EXPECT_EQ(scatter.left(), kMany - 1000);
  EXPECT_LT(seconds(last), 1e-5) << "a thousandth of a millionth of an hour";
}

TEST(Constant, IsExactHoweverLate) {
  const auto workload = *make_workload("constant:interval=7ms", 1);
  std::optional<Arrival> last;
  for (int i = 0; i <= 1'000'000; ++i) last = workload->next();
  EXPECT_EQ(last->at, core::TimePoint{7'000s});
  const auto thirds = *make_workload("constant:rate=3", 1);
  for (int i = 0; i <= 3'000'000; ++i) last = thirds->next();
  EXPECT_EQ(last->at, core::TimePoint{1'000'000s});
}

TEST(Ramp, GrowsEvenlyAndThenStays) {
  const auto times = times_until("ramp:from=1,to=50,over=300s", 600s);
  // The integral of the rate over each minute.
  for (int minute = 0; minute < 5; ++minute) {
    const double expected = 60 * (1 + 49.0 * (minute + 0.5) / 5);
    EXPECT_THAT(between(times, minute * 60, minute * 60 + 60), about(expected)) << minute;
  }
  EXPECT_THAT(between(times, 300, 600), about(300 * 50));
}

TEST(Ramp, ThatFallsToZeroIsOver) {
  const auto times = times_until("ramp:from=100,to=0,over=100s", 24h);
  EXPECT_THAT(static_cast<double>(times.size()), about(5000));
  EXPECT_THAT(between(times, 0, 50), about(3750));
  EXPECT_LT(times.back(), 100);
  EXPECT_THAT(make_workload("ramp:from=0,to=0", 1).error(), HasSubstr("nobody would come"));
}

TEST(Steps, KeepEachRateForItsTime) {
  const auto times = times_until("steps:rates=5/20/0,every=60s", 1h);
  double low = 0;
  double high = 0;
  for (int cycle = 0; cycle < 20; ++cycle) {
    low += between(times, cycle * 180, cycle * 180 + 60);
    high += between(times, cycle * 180 + 60, cycle * 180 + 120);
    EXPECT_EQ(between(times, cycle * 180 + 120, cycle * 180 + 180), 0) << cycle;
  }
  EXPECT_THAT(low, about(20 * 60 * 5));
  EXPECT_THAT(high, about(20 * 60 * 20));
}

TEST(Steps, TakeRatesWithUnits) {
  EXPECT_THAT(between(times_until("steps:rates=600/min/20/s/72000/h,every=100s", 300s), 0, 300),
              about(100 * (10 + 20 + 20)));
  EXPECT_THAT(make_workload("steps:rates=5/20/soon", 1).error(), HasSubstr("write them as 5/20/5"));
  EXPECT_THAT(make_workload("steps:rates=0/0", 1).error(), HasSubstr("one of them above zero"));
}

TEST(OnOff, ComesOnlyWhileItIsOn) {
  const auto times = times_until("onoff:on=30s,off=60s,rate=40", 9000s);
  EXPECT_THAT(static_cast<double>(times.size()), about(100 * 30 * 40));
  for (const double time : times) ASSERT_LT(std::fmod(time, 90), 30);
  EXPECT_THAT(between(times_until("onoff:on=30s,off=60s,rate=40,off-rate=2", 9000s), 0, 9000),
              about(100 * (30 * 40 + 60 * 2)));
}

TEST(VaryingPoisson, HasTheGapsOfAPoissonProcessAtEachRate) {
  VaryingPoisson workload{make_steady_curve(1000), Random{3}};
  const auto times = times_until(workload, 1000s);
  EXPECT_THAT(static_cast<double>(times.size()), about(1e6));
  // Gaps are exponential: the share above x means is exp(-x).
  for (const double x : {0.1, 1.0, 3.0}) {
    double above = 0;
    for (std::size_t i = 1; i < times.size(); ++i) above += times[i] - times[i - 1] > x / 1000 ? 1 : 0;
    EXPECT_THAT(above, about(1e6 * std::exp(-x))) << x;
  }
}

TEST(VaryingPoisson, ARateOfOneInAThousandYearsIsNoTrap) {
  VaryingPoisson workload{make_steady_curve(1e-12), Random{1}};
  EXPECT_EQ(workload.next()->at, core::kNever) << "beyond all that can be simulated";
}

TEST(Diurnal, FollowsItsSine) {
  const auto times = times_until("diurnal:mean=10,amplitude=0.8,period=24h,noise=0", 48h);
  EXPECT_THAT(static_cast<double>(times.size()), about(48 * 3600 * 10));
  constexpr double kTau = 6.283185307179586;
  for (int hour = 0; hour < 48; ++hour) {
    const double integral = 24 / kTau * (std::cos(kTau * hour / 24) - std::cos(kTau * (hour + 1) / 24));
    EXPECT_THAT(between(times, hour * 3600, hour * 3600 + 3600), about(36'000 * (1 + 0.8 * integral))) << hour;
  }
}

TEST(Diurnal, VariesByItsNoiseFromMinuteToMinute) {
  const auto times = times_until("diurnal:mean=100,amplitude=0,period=24h,noise=0.3", 72h);
  constexpr int kMinutes = 72 * 60;
  std::vector<double> counts(kMinutes);
  for (const double time : times) ++counts[static_cast<std::size_t>(time / 60)];
  double mean = 0;
  for (const double count : counts) mean += count / kMinutes;
  double variance = 0;
  for (const double count : counts) variance += (count - mean) * (count - mean) / kMinutes;
  EXPECT_NEAR(mean, 6000, 4 * 0.3 * 6000 / std::sqrt(kMinutes));
  // Of the noise, and of the Poisson counts themselves.
  EXPECT_NEAR(std::sqrt(variance - mean) / mean, 0.3, 0.02);
}

TEST(TraceWorkload, ReadsAFileAndTellsItsLineWhenItIsBad) {
  const ScratchFile good{"\xEF\xBB\xBFTimestamp,Duration\r\n100.5,20ms\r\n\r\n# a comment\r\n101,0.5\r\n"};
  auto workload = *make_workload("trace:" + good.path(), 1);
  EXPECT_EQ(workload->next(), (Arrival{.service = 20ms}));
  EXPECT_EQ(workload->next(), (Arrival{.at = core::TimePoint{500ms}, .service = 500ms}));
  EXPECT_EQ(workload->next(), std::nullopt);
  const ScratchFile bad{"t\n1\n\n2\nlate\n"};
  EXPECT_THAT(make_workload("trace:" + bad.path(), 1).error(), HasSubstr(bad.path() + ":5: 'late' is no time"));
}

TEST(TraceTime, KeepsNanosecondsInSecondsSince1970) {
  EXPECT_EQ(parse_seconds("1700000000.123456789"), 1700000000s + 123456789ns);
  EXPECT_EQ(parse_seconds("1700000000.1234567891"), 1700000000s + 123456789ns);
  EXPECT_EQ(parse_seconds("0.5"), 500ms);
  EXPECT_EQ(parse_seconds(".5"), 500ms);
  EXPECT_EQ(parse_seconds("12."), 12s);
  EXPECT_EQ(parse_seconds("1.5e3"), 1500s);
}

TEST(TraceTime, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "-1", "nan", "inf", "1,5", "1s", "1700000000000", "99999999999999999999", "0x10", "1.5.2"}) {
    EXPECT_EQ(parse_seconds(text), std::nullopt) << text;
  }
  for (const char* text : {"2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01",
                           "2026-01-01T00:00:00+9", "1900-01-01T00:00:00Z", "2026-01-01T00:00:61Z"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

TEST(TraceTime, KnowsZones) {
  const auto utc = parse_time("2026-11-24T12:34:56.789Z");
  ASSERT_TRUE(utc);
  EXPECT_EQ(parse_time("2026-11-24 12:34:56.789"), utc);
  EXPECT_EQ(parse_time("2026-11-24T14:34:56.789+02:00"), utc);
  EXPECT_EQ(parse_time("2026-11-24T07:04:56.789-0530"), utc);
  EXPECT_EQ(parse_time("1970-01-02T00:00:00Z"), 24h);
}

}  // namespace
}  // namespace tenfold::sim
