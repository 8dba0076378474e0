// How long what has lasted for some time goes on.
#include "core/duration_histogram.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;

TEST(DurationHistogram, BinsAreHalfOctavesAndEachHoldsItsLowerEdge) {
  for (std::size_t bin = 0; bin < kDurationBins; ++bin) {
    EXPECT_EQ(duration_bin(lower_edge(bin)), bin);
    EXPECT_EQ(duration_bin(upper_edge(bin) - 1ns), bin);
  }
  EXPECT_EQ(duration_bin(-1s), 0);
  EXPECT_EQ(duration_bin(1000h), kDurationBins - 1);
}

HistogramRecord histogram_of(double (*quantile)(double), int values = 4096) {
  HistogramRecord made;
  for (int i = 0; i < values; ++i) {
    const double u = (i + 0.5) / values;
    add(made, Duration{static_cast<Duration::rep>(quantile(u) * 1e9)}, 1e9);
  }
  return made;
}

// Exponential times have no memory.
TEST(ResidualLife, OfExponentialTimesIsTheirMeanAtAnyAge) {
  const ResidualLife residual{histogram_of([](double u) { return -2 * std::log(1 - u); })};
  for (const double age_s : {0.0, 0.5, 1.0, 2.0, 4.0}) EXPECT_NEAR(residual(age_s), 2, 0.25) << age_s;
}

TEST(ResidualLife, OfTimesThatAreAllTheSameIsWhatIsLeft) {
  const ResidualLife residual{histogram_of([](double) { return 1.0; })};
  EXPECT_NEAR(residual(0), 1, 0.01);
  EXPECT_NEAR(residual(0.5), 0.5, 0.01);
  EXPECT_NEAR(residual(0.8), 0.2, 0.01);
}

// Four of five take 20 ms and the fifth 30 s: what has run for a second is the fifth.
TEST(ResidualLife, OfTwoKindsKnowsTheLongOneByItsAge) {
  const ResidualLife residual{histogram_of([](double u) { return u < 0.8 ? 0.02 : 30; })};
  EXPECT_NEAR(residual(0), 6.016, 0.1);
  EXPECT_NEAR(residual(1), 29, 0.5);
  EXPECT_NEAR(residual(10), 20, 0.5);
}

TEST(ResidualLife, OfWhatLastsLongerThanAnythingIsItsAge) {
  const ResidualLife residual{histogram_of([](double) { return 0.1; })};
  EXPECT_NEAR(residual(5), 5, 0.01);
  EXPECT_NEAR(residual(100), 100, 0.1);
  const ResidualLife nothing{HistogramRecord{}};
  EXPECT_EQ(nothing(3), 3);
}

TEST(DurationHistogram, OldValuesFade) {
  HistogramRecord made;
  for (int i = 0; i < 5000; ++i) add(made, 100ms, 64);
  for (int i = 0; i < 500; ++i) add(made, 1s, 64);
  EXPECT_NEAR(ResidualLife{made}(0), 1, 0.02);
  EXPECT_LT(made.one, 1e31) << "weights are brought down again";
}

}  // namespace
}  // namespace tenfold::core
