// Which of the simulator's distributions describes times that were measured.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace tenfold::sim {

struct SpanFit {
  std::string spec;  // as --service takes it
  // The greatest difference between the share of the times that are below a value and what the distribution says of it:
  // Kolmogorov and Smirnov's distance, 0 to 1. Of distributions that have no values but one or two: the share of the
  // times that are none of these, to a twentieth.
  double distance = 0;
};

struct SpanFits {
  std::size_t count = 0;
  double mean_s = 0;
  double scv = 0;  // the squared coefficient of variation
  double p50_s = 0;
  double p95_s = 0;
  double p99_s = 0;
  // The best first: that of the smallest distance, or one with fewer parameters where that is as good to the eye of so
  // many times.
  std::vector<SpanFit> fits;
};

// A time as specs have it. Three digits say all that a sample knows.
std::string span_text(double seconds);

// A distance that samples of `count` times of the very distribution exceed once in twenty; smaller still where its
// parameters were made of the same times (Lilliefors 1967).
double usual_distance(std::size_t count);

// Fits by greatest likelihood where there is a way: exponential, lognormal, gamma (Minka, "Estimating a Gamma
// distribution", 2002), Weibull, Pareto, uniform; by two moments: hyperexponential; and a constant, or two, where the
// times are such. `values` must not be empty. What was rounded, say to milliseconds, is compared as such.
SpanFits fit_spans(std::vector<core::Duration> values);

}  // namespace tenfold::sim
