// What replications of a simulation tell together.
#pragma once

#include <cstdint>
#include <span>

namespace tenfold {

// A mean of independent runs, and how far the true one may lie from it.
struct Estimate {
  double mean = 0;
  // Half of the 95 % confidence interval, by Student's t; infinite of a single run.
  double half_width = 0;
};

Estimate estimate(std::span<const double> values);

// The 97.5th percentile of Student's t distribution, `freedom` >= 1: to four digits.
double student_t(std::uint64_t freedom);

}  // namespace tenfold
