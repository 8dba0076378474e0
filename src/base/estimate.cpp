#include "base/estimate.hpp"

#include <array>
#include <cassert>
#include <cmath>
#include <limits>

namespace tenfold {

// A table, and beyond it the expansion in 1 / freedom: Abramowitz and Stegun, "Handbook of Mathematical Functions",
// 26.7.5.
double student_t(std::uint64_t freedom) {
  assert(freedom >= 1);
  constexpr std::array kTable{12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281};
  if (freedom <= kTable.size()) return kTable[freedom - 1];
  constexpr double kZ = 1.959963984540054;
  const double z3 = kZ * kZ * kZ;
  const double z5 = z3 * kZ * kZ;
  const double z7 = z5 * kZ * kZ;
  const double n = static_cast<double>(freedom);
  return kZ + (z3 + kZ) / (4 * n) + (5 * z5 + 16 * z3 + 3 * kZ) / (96 * n * n) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * kZ) / (384 * n * n * n);
}

Estimate estimate(std::span<const double> values) {
  assert(!values.empty());
  const double n = static_cast<double>(values.size());
  double mean = 0;
  for (const double value : values) mean += value / n;
  if (values.size() == 1) return {.mean = mean, .half_width = std::numeric_limits<double>::infinity()};
  double square = 0;
  for (const double value : values) square += (value - mean) * (value - mean);
  return {.mean = mean, .half_width = student_t(values.size() - 1) * std::sqrt(square / (n - 1) / n)};
}

}  // namespace tenfold
