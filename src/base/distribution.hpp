// Durations, collected: their mean, extremes and percentiles, in bounded memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/histogram.hpp"

namespace tenfold {

// Exact while there are few: all values are kept. Beyond, they are counted in a histogram: percentiles are right to its
// digits, mean and extremes stay exact, and memory is bounded for any number of values (see Histogram). Belongs to one
// thread.
class Distribution {
 public:
  static constexpr std::size_t kExact = 1 << 18;

  // Percentiles are exact of up to `exact` values, and of more right to `digits`, of 1 to 4.
  Distribution(std::size_t exact, int digits) : exact_{exact}, digits_{digits} {}
  Distribution() : Distribution{kExact, 3} {}

  // Negative durations count as zero.
  void add(std::chrono::nanoseconds value);
  // All values of `other`, which has as many digits.
  void merge(const Distribution& other);

  std::uint64_t count() const { return count_; }
  double mean_s() const;
  double min_s() const;
  double max_s() const;
  // The smallest value that at least `share` of all values do not exceed (nearest rank); 0 of none.
  double percentile_s(double share) const;

 private:
  void count_sum(std::uint64_t low, std::uint64_t high);
  void leave_exactness();

  std::size_t exact_;
  int digits_;
  std::uint64_t count_ = 0;
  // The sum, of 128 bits: exact for any number of values.
  std::uint64_t sum_ns_ = 0;
  std::uint64_t sum_high_ = 0;
  std::uint64_t min_ns_ = UINT64_MAX;
  std::uint64_t max_ns_ = 0;
  // One of the two is in use. Sorted when first asked.
  mutable std::vector<std::uint64_t> values_;
  mutable bool is_sorted_ = false;
  std::optional<Histogram> histogram_;
};

}  // namespace tenfold
