// Durations, collected: their mean, extremes and percentiles, in bounded memory.
#pragma once

#include <cstdint>
#include <vector>

#include "core/time.hpp"

namespace tenfold::sim {

// Exact up to `kExact` values: all are kept. Beyond, they are counted in buckets whose width is a constant share of
// their value, as in HdrHistogram (Tene): percentiles are right to 0.1 %, mean and extremes stay exact, and memory is
// below 4 MiB for any number of values.
class Distribution {
 public:
  static constexpr std::size_t kExact = 1 << 18;

  // Negative durations count as zero.
  void add(core::Duration value);

  std::uint64_t count() const { return count_; }
  double mean_s() const;
  double min_s() const;
  double max_s() const;
  // The smallest value that at least `share` of all values do not exceed (nearest rank); 0 of none.
  double percentile_s(double share) const;

 private:
  static std::size_t bucket_of(std::uint64_t ns);
  static double middle_of(std::size_t bucket);
  void count_in_buckets();

  std::uint64_t count_ = 0;
  // The sum, of 128 bits: exact for any number of values.
  std::uint64_t sum_ns_ = 0;
  std::uint64_t sum_high_ = 0;
  std::uint64_t min_ns_ = UINT64_MAX;
  std::uint64_t max_ns_ = 0;
  // One of the two is in use. Sorted when first asked.
  mutable std::vector<std::uint64_t> values_;
  mutable bool is_sorted_ = false;
  std::vector<std::uint64_t> buckets_;
};

}  // namespace tenfold::sim
