// Workloads, service times and traces: what they promise, and what they say of what is wrong.
#include <cmath>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/distribution.hpp"
#include "sim/cold_start.hpp"
#include "sim/service_time.hpp"
#include "sim/trace.hpp"
#include "sim/workload.hpp"

namespace tenfold::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<double> times_of(const std::string& spec, std::size_t count, std::uint64_t seed = 1) {
  const auto workload = make_workload(spec, seed);
  EXPECT_TRUE(workload) << workload.error();
  std::vector<double> times;
  while (times.size() < count) {
    const auto arrival = (*workload)->next();
    if (!arrival) break;
    times.push_back(std::chrono::duration<double>{arrival->at - core::TimePoint{}}.count());
  }
  return times;
}

TEST(Workload, ABurstIsAllAtOnceAndOver) {
  EXPECT_THAT(times_of("burst:n=3", 10), ElementsAre(0, 0, 0));
  EXPECT_THAT(times_of("burst:2", 10), ElementsAre(0, 0));
  EXPECT_THAT(times_of("burst:n=2,at=5s,every=60s,times=2", 10), ElementsAre(5, 5, 65, 65));
  EXPECT_EQ(times_of("burst", 1000).size(), 100);
  for (const double time : times_of("burst:n=50,within=2s", 50)) EXPECT_LT(time, 2);
}

TEST(Workload, ConstantArrivalsAreEvenlySpaced) {
  EXPECT_THAT(times_of("constant:rate=4", 4), ElementsAre(0, 0.25, 0.5, 0.75));
  EXPECT_THAT(times_of("constant:rate=60/min", 3), ElementsAre(0, 1, 2));
  EXPECT_THAT(times_of("constant:interval=500ms", 3), ElementsAre(0, 0.5, 1));
}

TEST(Workload, PoissonArrivalsHaveTheirRateAndAVarianceLikeTheirMean) {
  const std::vector<double> times = times_of("poisson:rate=10", 100'000);
  EXPECT_NEAR(static_cast<double>(times.size()) / times.back(), 10, 0.1);
  std::map<int, int> per_second;
  for (const double time : times) ++per_second[static_cast<int>(time)];
  double square = 0;
  for (int second = 0; second < 9'900; ++second) square += std::pow(per_second[second] - 10.0, 2);
  EXPECT_NEAR(square / 9'900, 10, 0.6);
}

double rate_between(const std::vector<double>& times, double from, double until) {
  return static_cast<double>(std::ranges::count_if(times, [=](double t) { return t >= from && t < until; })) /
         (until - from);
}

TEST(Workload, ShapesFollowTheirRates) {
  const auto steps = times_of("steps:rates=10/100/20,every=100s", 13'000);
  EXPECT_NEAR(rate_between(steps, 0, 100), 10, 1);
  EXPECT_NEAR(rate_between(steps, 100, 200), 100, 4);
  EXPECT_NEAR(rate_between(steps, 200, 300), 20, 2);
  const auto ramp = times_of("ramp:from=0,to=100,over=200s", 15'000);
  EXPECT_NEAR(rate_between(ramp, 0, 100), 25, 2);
  EXPECT_NEAR(rate_between(ramp, 100, 200), 75, 4);
  EXPECT_NEAR(rate_between(ramp, 200, 240), 100, 6);
  const auto on_off = times_of("onoff:rate=50,on=10s,off=30s", 5'000);
  EXPECT_NEAR(rate_between(on_off, 40, 50), 50, 8);
  EXPECT_EQ(rate_between(on_off, 10, 40), 0);
  const auto day = times_of("diurnal:mean=50,amplitude=0.8,period=1h,noise=0", 180'000);
  EXPECT_NEAR(rate_between(day, 0, 3600), 50, 1);
  EXPECT_NEAR(rate_between(day, 800, 1000), 90, 4) << "the sine's top";
  EXPECT_NEAR(rate_between(day, 2600, 2800), 10, 2) << "its bottom";
}

TEST(Workload, TheSameSeedIsTheSameWorkload) {
  EXPECT_EQ(times_of("poisson:rate=3", 100, 5), times_of("poisson:rate=3", 100, 5));
  EXPECT_NE(times_of("poisson:rate=3", 100, 5), times_of("poisson:rate=3", 100, 6));
}

std::string workload_error(const std::string& spec) {
  const auto made = make_workload(spec, 1);
  return made ? "none" : made.error();
}

TEST(Workload, SaysWhatIsWrongWithASpec) {
  EXPECT_THAT(workload_error("poison:rate=3"),
              HasSubstr("--workload poison:rate=3: 'poison' is not known; did you mean 'poisson'?"));
  EXPECT_THAT(workload_error("poisson"), HasSubstr("it needs rate=..."));
  EXPECT_THAT(workload_error("poisson:rate=0"), HasSubstr("rate must be above zero"));
  EXPECT_THAT(workload_error("poisson:rate=-1"), HasSubstr("'-1' is no rate; write 15, 15/s or 900/min"));
  EXPECT_THAT(workload_error("poisson:rate=nan"), HasSubstr("no rate"));
  EXPECT_THAT(workload_error("poisson:rate=5/day"), HasSubstr("no rate"));
  EXPECT_THAT(workload_error("poisson:rate=5,rates=3"), HasSubstr("unknown key 'rates'; did you mean 'rate'?"));
  EXPECT_THAT(workload_error("burst:n=0"), HasSubstr("'0' is no whole number from 1"));
  EXPECT_THAT(workload_error("ramp:from=1,to=5,over=5"), HasSubstr("'5' is no duration"));
  EXPECT_THAT(workload_error("onoff:rate=5,on=0s"), HasSubstr("on must be above zero"));
  EXPECT_THAT(workload_error("trace:/no/such"), HasSubstr("the file '/no/such' cannot be read"));
  EXPECT_THAT(workload_error("journal:/no/such"), HasSubstr("there is no journal in /no/such"));
}

std::expected<Trace, std::string> trace_of(std::string_view text) {
  ClassNames classes;
  return parse_trace(text, "x.csv", classes);
}

TEST(Trace, ReadsTimesServiceAndClassByTheirHeader) {
  ClassNames classes;
  const auto trace = parse_trace("class,t,service,size\n/a,10,0.5,9\n/b,10.25,20ms,1\n/a,11,,\n", "x.csv", classes);
  ASSERT_TRUE(trace) << trace.error();
  const std::vector<Arrival>& arrivals = trace->arrivals;
  ASSERT_EQ(arrivals.size(), 3);
  EXPECT_EQ(arrivals[0].at, core::TimePoint{}) << "zero is the first";
  EXPECT_EQ(arrivals[1].at, core::TimePoint{250ms});
  EXPECT_EQ(arrivals[1].service, 20ms);
  EXPECT_EQ(arrivals[2].service, std::nullopt);
  EXPECT_EQ(arrivals[0].klass, arrivals[2].klass);
  EXPECT_EQ(arrivals[0].klass, classes.number_of("/a"));
  EXPECT_EQ(arrivals[1].klass, classes.number_of("/b"));
  EXPECT_THAT(trace->notes, ElementsAre("of the trace these columns are not used: size"));
}

TEST(Trace, ReadsBareColumnsAndIsoTimes) {
  const auto bare = trace_of("0\n1.5\n2\n");
  ASSERT_TRUE(bare) << bare.error();
  EXPECT_EQ(bare->arrivals.back().at, core::TimePoint{2s});
  const auto iso = trace_of("timestamp\n2026-02-28T23:59:59.5Z\n2026-03-01 00:00:01\n");
  ASSERT_TRUE(iso) << iso.error();
  EXPECT_EQ(iso->arrivals.back().at, core::TimePoint{1500ms});
}

std::string trace_error(std::string_view text) {
  const auto trace = trace_of(text);
  return trace ? "none" : trace.error();
}

TEST(Trace, NamesFileAndLineOfWhatItCannotRead) {
  EXPECT_THAT(trace_error("t\n1\nsoon\n"), HasSubstr("x.csv:3: 'soon' is no time"));
  EXPECT_THAT(trace_error("when,what\n1,2\n"), HasSubstr("a header needs a column t, time, timestamp, arrival or at"));
  EXPECT_THAT(trace_error("1\n3\n2\n"), HasSubstr("x.csv:3: the time lies before that of the line above"));
  EXPECT_THAT(trace_error("t,service\n1,-5\n"), HasSubstr("x.csv:2: '-5' is no service time"));
  EXPECT_THAT(trace_error("2026-13-01T00:00:00Z\n"), HasSubstr("x.csv:1: '2026-13-01T00:00:00Z' is no time"));
  EXPECT_THAT(trace_error(""), HasSubstr("there is no arrival in it"));
}

TEST(ClassNames, NumberNamesFromOneOn) {
  ClassNames names;
  EXPECT_EQ(names.number_of(""), core::RequestClass{});
  EXPECT_EQ(names.number_of("/a"), core::RequestClass{1});
  EXPECT_EQ(names.number_of("/b"), core::RequestClass{2});
  EXPECT_EQ(names.number_of("/a"), core::RequestClass{1});
  EXPECT_THAT(names.all(), ElementsAre("/a", "/b"));
  for (std::uint32_t n = 0; n < 2000; ++n)
    EXPECT_LT(names.number_of(std::to_string(n)), core::RequestClass{core::kMaxClasses});
}

struct Moments {
  double mean = 0;
  double scv = 0;
};

Moments moments_of(const std::string& spec, int count = 400'000) {
  const auto model = make_service_time(spec, 1);
  EXPECT_TRUE(model) << model.error();
  Random random{1};
  double sum = 0;
  double square = 0;
  for (int i = 0; i < count; ++i) {
    Arrival arrival;
    const double x = std::chrono::duration<double>{(*model)->draw(arrival, random)}.count();
    sum += x;
    square += x * x;
  }
  const double mean = sum / count;
  EXPECT_NEAR(mean, std::chrono::duration<double>{(*model)->mean()}.count(), 0.02 * mean) << spec;
  return {.mean = mean, .scv = square / count / (mean * mean) - 1};
}

TEST(ServiceTime, HasTheMeanAndTheVariationThatItSays) {
  EXPECT_DOUBLE_EQ(moments_of("constant:100ms", 10).mean, 0.1);
  EXPECT_DOUBLE_EQ(moments_of("deterministic:100ms", 10).mean, 0.1);
  EXPECT_NEAR(moments_of("exponential:mean=500ms").mean, 0.5, 0.005);
  EXPECT_NEAR(moments_of("exponential:mean=500ms").scv, 1, 0.03);
  EXPECT_NEAR(moments_of("lognormal:mean=1s,scv=4").mean, 1, 0.02);
  EXPECT_NEAR(moments_of("lognormal:mean=1s,scv=4").scv, 4, 0.6);
  EXPECT_NEAR(moments_of("erlang:mean=1s,k=4").scv, 0.25, 0.01);
  EXPECT_NEAR(moments_of("uniform:from=1s,to=3s").mean, 2, 0.01);
  EXPECT_NEAR(moments_of("gamma:mean=1s,scv=0.3").scv, 0.3, 0.01);
  EXPECT_NEAR(moments_of("gamma:mean=1s,scv=2").scv, 2, 0.06);
  EXPECT_NEAR(moments_of("gamma:mean=1s,scv=100", 4'000'000).scv, 100, 4);
  // Of a Weibull distribution gamma(1 + 2/k) / gamma(1 + 1/k)^2 - 1.
  for (const double k : {0.5, 1.0, 1.7, 3.0}) {
    const double scv = std::tgamma(1 + 2 / k) / std::pow(std::tgamma(1 + 1 / k), 2) - 1;
    EXPECT_NEAR(moments_of("weibull:mean=2s,k=" + std::to_string(k), 2'000'000).scv, scv, 0.03 * scv) << k;
  }
  // Of Pareto's 1 / (alpha (alpha - 2)), above 2.
  EXPECT_NEAR(moments_of("pareto:mean=1s,alpha=6", 2'000'000).scv, 1.0 / 24, 0.002);
  EXPECT_NEAR(moments_of("pareto:mean=1s,alpha=2.5", 4'000'000).mean, 1, 0.01);
  EXPECT_NEAR(moments_of("hyperexponential:mean=1s,scv=4").scv, 4, 0.1);
  EXPECT_NEAR(moments_of("hyperexponential:mean=1s,scv=1").scv, 1, 0.02);
  EXPECT_NEAR(moments_of("bimodal:short=20ms,long=1s,share=0.8").mean, 0.216, 0.004);
}

// P(X > x) is (least / x)^alpha.
TEST(ServiceTime, ParetoHasTheTailThatItSays) {
  const auto model = *make_service_time("pareto:mean=3s,alpha=1.5", 1);
  Random random{2};
  constexpr int kDraws = 1'000'000;
  int above = 0;
  for (int i = 0; i < kDraws; ++i) {
    Arrival arrival;
    const core::Duration drawn = model->draw(arrival, random);
    EXPECT_GE(drawn, 999999999ns) << "the least is a second";
    above += drawn > 100s ? 1 : 0;
  }
  EXPECT_NEAR(above, kDraws * std::pow(0.01, 1.5), 4 * std::sqrt(kDraws * 0.001));
}

TEST(ServiceTime, SaysWhichParametersItTakes) {
  const auto error = [](const std::string& spec) { return make_service_time(spec, 1).error(); };
  EXPECT_THAT(error("erlang:mean=1s,k=2.5"), HasSubstr("k: '2.5' is no whole number from 1 to 1000"));
  EXPECT_THAT(error("erlang:mean=1s,k=0"), HasSubstr("k: '0' is no whole number from 1 to 1000"));
  EXPECT_THAT(error("pareto:mean=1s,alpha=1"), HasSubstr("alpha: '1' is no number from 1.01 to 1000"));
  EXPECT_THAT(error("weibull:mean=1s,k=0"), HasSubstr("k: '0' is no number from 0.1 to 100"));
  EXPECT_THAT(error("gamma:mean=0s"), HasSubstr("mean must be above zero"));
  EXPECT_THAT(error("hyperexponential:mean=1s,scv=0.5"), HasSubstr("scv: '0.5' is no number from 1 to"));
  EXPECT_THAT(error("parteo:mean=1s"), HasSubstr("did you mean 'pareto'?"));
  EXPECT_THAT(error("gamma:mean=1s,alpha=2"), HasSubstr("unknown key 'alpha'"));
  EXPECT_THAT(make_request_memory("constant:1s").error(), HasSubstr("'1s' is no size"));
}

TEST(ServiceTime, ClassesComeInJustTheirProportions) {
  const auto model = make_service_time("classes:20ms=80,1s=20", 3);
  ASSERT_TRUE(model) << model.error();
  Random random{1};
  for (int block = 0; block < 3; ++block) {
    std::map<std::uint32_t, int> counts;
    for (int i = 0; i < 100; ++i) {
      Arrival arrival;
      const core::Duration service = (*model)->draw(arrival, random);
      ++counts[core::to_number(arrival.klass)];
      EXPECT_EQ(service, core::to_number(arrival.klass) == 1 ? core::Duration{20ms} : core::Duration{1s});
    }
    EXPECT_EQ(counts, (std::map<std::uint32_t, int>{{1, 80}, {2, 20}}));
  }
}

TEST(ServiceTime, WhatTheWorkloadKnowsGoesFirst) {
  const auto model = make_service_time("constant:1s", 1);
  Random random{1};
  Arrival arrival{.service = 7ms};
  EXPECT_EQ(service_of(**model, arrival, random), 7ms);
}

TEST(Patience, MayBeEndless) {
  const auto endless = make_patience("never");
  ASSERT_TRUE(endless) << endless.error();
  EXPECT_EQ(*endless, nullptr);
  Random random{1};
  EXPECT_EQ((*make_patience("constant:3s"))->draw(random), 3s);
  EXPECT_THAT(make_patience("journal:x").error(), HasSubstr("'journal' is not known"));
  EXPECT_THAT(make_patience("nevr").error(), HasSubstr("did you mean 'never'?"));
}

TEST(ServiceTime, SaysWhatIsWrongWithASpec) {
  const auto error = [](const std::string& spec) {
    const auto made = make_service_time(spec, 1);
    return made ? std::string{"none"} : made.error();
  };
  EXPECT_THAT(error("exponental:mean=1s"), HasSubstr("did you mean 'exponential'?"));
  EXPECT_THAT(error("exponential:mean=0s"), HasSubstr("mean must be above zero"));
  EXPECT_THAT(error("exponential:mean=5"), HasSubstr("'5' is no duration"));
  EXPECT_THAT(error("constant"), HasSubstr("it needs value=..."));
  EXPECT_THAT(error("bimodal:short=1s,long=2s,share=2"), HasSubstr("'2' is no number from 0 to 1"));
  EXPECT_THAT(error("classes:20ms"), HasSubstr("is no"));
  EXPECT_THAT(make_cold_start("konstant:1s").error(), HasSubstr("--cold-start konstant:1s"));
  EXPECT_THAT(make_patience("exponential:mean=x").error(), HasSubstr("--patience exponential:mean=x"));
}

TEST(Distribution, IsExactForFewAndRightToATenthOfAPercentForMany) {
  Distribution few;
  for (int i = 1; i <= 100; ++i) few.add(std::chrono::milliseconds{i});
  EXPECT_EQ(few.percentile_s(0.95), 0.095);
  EXPECT_EQ(few.percentile_s(1), 0.1);
  EXPECT_EQ(few.percentile_s(0), 0.001);
  EXPECT_DOUBLE_EQ(few.mean_s(), 0.0505);
  Distribution many;
  const auto count = static_cast<int>(Distribution::kExact) * 4;
  for (int i = 1; i <= count; ++i) many.add(core::Duration{std::int64_t{i} * 977});
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    EXPECT_NEAR(many.percentile_s(share) / (share * count * 977e-9), 1, 0.001) << share;
  }
  EXPECT_EQ(many.max_s(), count * 977e-9);
  EXPECT_EQ(many.min_s(), 977e-9);
}

}  // namespace
}  // namespace tenfold::sim
