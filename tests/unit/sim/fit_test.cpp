// Fits find what data was made of.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/units.hpp"
#include "sim/fit/arrival_fit.hpp"
#include "sim/fit/queueing.hpp"
#include "sim/fit/span_fit.hpp"
#include "sim/fit/special_functions.hpp"
#include "sim/spans.hpp"
#include "sim/spec.hpp"
#include "sim/workload.hpp"

namespace tenfold::sim {
namespace {

using namespace std::chrono_literals;
using testing::StartsWith;

std::unique_ptr<Span> span_of(const std::string& text) {
  SpecReader spec{"test", text};
  auto span = make_span(spec);
  EXPECT_EQ(spec.error(), "");
  return span;
}

std::vector<core::Duration> draws(const std::string& spec, std::size_t count, core::Duration unit = 1ns) {
  const auto span = span_of(spec);
  Random random{3};
  std::vector<core::Duration> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back((span->draw(random) + unit / 2) / unit * unit);
  return values;
}

// The value of a key in a spec, as the simulator reads it.
double number_in(const std::string& text, std::string_view key) {
  SpecReader spec{"test", text};
  for (const auto& [name, value] : spec.pairs()) {
    if (name != key) continue;
    const auto span = config::parse_duration(value);
    return span ? core::to_seconds(*span) : std::stod(value);
  }
  ADD_FAILURE() << text << " has no " << key;
  return 0;
}

TEST(SpanFit, TellsDistributionsApart) {
  for (const std::string spec : {"exponential:mean=200ms", "lognormal:mean=200ms,scv=2", "weibull:mean=200ms,k=3",
                                 "gamma:mean=200ms,scv=0.2", "uniform:from=1s,to=3s", "pareto:mean=1s,alpha=2.5",
                                 "constant:100ms", "bimodal:short=20ms,long=1s,share=0.8"}) {
    const SpanFits fits = fit_spans(draws(spec, 10'000));
    const std::string kind = spec.substr(0, spec.find(':') + 1);
    EXPECT_THAT(fits.fits.front().spec, StartsWith(kind)) << spec;
    EXPECT_LE(fits.fits.front().distance, usual_distance(10'000)) << spec;
    // What is said can be run, and has the mean that was measured.
    EXPECT_NEAR(core::to_seconds(span_of(fits.fits.front().spec)->mean()), fits.mean_s, 0.03 * fits.mean_s) << spec;
  }
}

TEST(SpanFit, FindsParameters) {
  EXPECT_NEAR(number_in(fit_spans(draws("lognormal:mean=1s,scv=2", 20'000)).fits.front().spec, "scv"), 2, 0.25);
  EXPECT_NEAR(number_in(fit_spans(draws("weibull:mean=1s,k=0.6", 20'000)).fits.front().spec, "k"), 0.6, 0.02);
  EXPECT_NEAR(number_in(fit_spans(draws("gamma:mean=1s,scv=0.25", 20'000)).fits.front().spec, "scv"), 0.25, 0.01);
  EXPECT_EQ(fit_spans(draws("bimodal:short=20ms,long=1s,share=0.8", 1000)).fits.front().spec.substr(0, 27),
            "bimodal:short=20ms,long=1s,");
}

TEST(SpanFit, KnowsWhatWasRounded) {
  // In whole milliseconds, of which there are few: the steps are those of rounding.
  const SpanFits fits = fit_spans(draws("exponential:mean=5ms", 10'000, 1ms));
  EXPECT_THAT(fits.fits.front().spec,
              testing::AnyOf(StartsWith("exponential:"), StartsWith("weibull:"), StartsWith("gamma:")));
  EXPECT_LE(fits.fits.front().distance, 0.06);
  EXPECT_EQ(fit_spans({0s, 0s, 0s}).fits.front().spec, "constant:500ms") << "all rounded to no second";
  EXPECT_EQ(fit_spans({300ms}).fits.front().spec, "constant:300ms");
}

TEST(SpanFit, SaysWhenNothingComesClose) {
  std::vector<core::Duration> values = draws("uniform:from=10ms,to=20ms", 3000);
  for (const core::Duration v : draws("uniform:from=2s,to=3s", 3000)) values.push_back(v);
  EXPECT_GT(fit_spans(values).fits.front().distance, 0.1);
}

TEST(SpecialFunctions, HaveTheirValues) {
  EXPECT_NEAR(log_gamma(0.5), std::log(std::sqrt(3.14159265358979)), 1e-12);
  EXPECT_NEAR(log_gamma(101), 363.73937555556347, 1e-9);
  EXPECT_NEAR(digamma(1), -0.5772156649015329, 1e-10);
  EXPECT_NEAR(trigamma(1), 1.6449340668482264, 1e-8);
  EXPECT_NEAR(gamma_share(1, 2), 1 - std::exp(-2), 1e-12);
  EXPECT_NEAR(gamma_share(3, 10), 1 - std::exp(-10) * (1 + 10 + 50), 1e-12);
  EXPECT_NEAR(normal_share(1.959963985), 0.975, 1e-9);
}

std::vector<Arrival> arrivals_of(const std::string& spec, core::Duration until, std::uint64_t seed = 5) {
  const auto workload = make_workload(spec, seed);
  EXPECT_TRUE(workload) << workload.error();
  std::vector<Arrival> arrivals;
  while (const auto arrival = (*workload)->next()) {
    if (arrival->at > core::TimePoint{until}) break;
    arrivals.push_back(*arrival);
  }
  return arrivals;
}

std::string best_of(const std::string& spec, core::Duration until, std::uint64_t seed = 5) {
  const ArrivalFits fits = fit_arrivals(arrivals_of(spec, until, seed));
  EXPECT_TRUE(make_workload(fits.fits.front().spec, 1)) << fits.fits.front().spec;
  return fits.fits.front().spec;
}

TEST(ArrivalFit, FindsARateWithinItsConfidence) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto arrivals = arrivals_of("poisson:rate=15", 400s, seed);
    const ArrivalFits fits = fit_arrivals(arrivals);
    EXPECT_THAT(fits.fits.front().spec, StartsWith("poisson:rate=")) << seed;
    // Four standard deviations of a Poisson count.
    EXPECT_NEAR(number_in(fits.fits.front().spec, "rate"), 15, 4 * std::sqrt(15.0 / 400)) << seed;
    EXPECT_LE(fits.fits.front().distance, usual_distance(fits.count)) << seed;
    EXPECT_NEAR(fits.dispersions.front().index, 1, 0.35) << seed;
  }
}

TEST(ArrivalFit, TellsProcessesApart) {
  EXPECT_EQ(best_of("constant:rate=10", 100s), "constant:rate=10");
  EXPECT_THAT(best_of("steps:rates=5/40,every=100s", 200s), StartsWith("steps:rates="));
  EXPECT_THAT(best_of("mmpp:rates=2/60,stay=60s/20s", 1h), StartsWith("mmpp:rates="));
  EXPECT_THAT(best_of("onoff:rate=40,on=30s,off=60s", 1h), StartsWith("onoff:rate="));
  EXPECT_THAT(best_of("batches:rate=2,size=10,sizes=constant", 300s), StartsWith("batches:rate="));
  EXPECT_EQ(best_of("burst:n=100", 1s), "burst:n=100");
}

TEST(ArrivalFit, FindsTwoRates) {
  const std::string spec = best_of("onoff:rate=40,on=30s,off=60s", 1h);
  EXPECT_NEAR(number_in(spec, "rate"), 40, 4) << spec;
  EXPECT_NEAR(number_in(spec, "on"), 30, 3) << spec;
}

TEST(ArrivalFit, OfOneOrTwo) {
  EXPECT_EQ(fit_arrivals({Arrival{}}).fits.front().spec, "burst:n=1");
  EXPECT_FALSE(fit_arrivals({Arrival{}, Arrival{.at = core::TimePoint{1h}}}).fits.empty());
}

// One server, first come first served: what a log of it would have.
std::vector<Arrival> queued(std::vector<Arrival> arrivals, core::Duration service) {
  core::TimePoint free{};
  for (Arrival& arrival : arrivals) {
    free = std::max(free, arrival.at) + service;
    arrival.service = free - arrival.at;
  }
  return arrivals;
}

TEST(Queueing, IsSeenWhereRequestsWaitedForEachOther) {
  const auto arrivals = arrivals_of("poisson:rate=8", 500s);
  const Queueing waited = find_queueing(queued(arrivals, 100ms));
  EXPECT_TRUE(waited.is_likely()) << waited.correlation;
  EXPECT_EQ(fit_spans(waited.alone).fits.front().spec, "constant:100ms") << "what a request takes by itself";
  auto free = arrivals;
  const auto times = draws("exponential:mean=100ms", free.size());
  for (std::size_t i = 0; i < free.size(); ++i) free[i].service = times[i];
  EXPECT_FALSE(find_queueing(free).is_likely()) << find_queueing(free).correlation;
  EXPECT_NEAR(find_queueing(free).mean_at_once, 0.8, 0.1);
  EXPECT_FALSE(find_queueing({}).is_likely());
}

}  // namespace
}  // namespace tenfold::sim
