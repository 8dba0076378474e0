// How long things took: counted in bins whose width is a fixed share of the value, so that any number of values takes
// the same memory and every percentile has the same number of right digits.
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <limits>
#include <vector>

namespace tenfold {

// The bins of Tene's High Dynamic Range Histogram (hdrhistogram.org): exact nanoseconds up to 2^b, and above that
// 2^(b-1) bins for each power of two. Its C library is not packaged by Debian 12. Grows as far as its longest value
// needs: 290 KB for 3 digits and ten hours. Belongs to one thread.
class Histogram {
 public:
  // Right digits of what it tells: 3, or 1 to 4.
  Histogram() : Histogram{3} {}
  explicit Histogram(int digits);

  // A span below zero counts as zero.
  void add(std::chrono::nanoseconds span) {
    const auto ns = static_cast<std::uint64_t>(std::max<std::chrono::nanoseconds::rep>(span.count(), 0));
    const std::size_t bin = bin_of(ns);
    if (bin >= counts_.size()) counts_.resize(bin + 1);
    ++counts_[bin];
    ++count_;
    sum_ns_ += static_cast<double>(ns);
    min_ns_ = std::min(min_ns_, ns);
    max_ns_ = std::max(max_ns_, ns);
  }
  // All values of `other`, which has as many digits.
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  // Exact, in seconds; zero if nothing was added.
  double min_s() const { return count_ == 0 ? 0 : static_cast<double>(min_ns_) * 1e-9; }
  double max_s() const { return static_cast<double>(max_ns_) * 1e-9; }
  double mean_s() const { return count_ == 0 ? 0 : sum_ns_ * 1e-9 / static_cast<double>(count_); }
  // The value at or below which `share` (0 to 1) of all lie, by nearest rank, in seconds: the upper edge of its bin,
  // and never more than the largest value. Zero if nothing was added.
  double quantile_s(double share) const;

 private:
  std::size_t bin_of(std::uint64_t ns) const {
    const int excess = static_cast<int>(std::bit_width(ns)) - bits_;
    if (excess <= 0) return ns;
    return (static_cast<std::size_t>(excess) << (bits_ - 1)) + static_cast<std::size_t>(ns >> excess);
  }
  std::uint64_t upper_edge(std::size_t bin) const;

  int bits_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  double sum_ns_ = 0;
  std::uint64_t min_ns_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t max_ns_ = 0;
};

}  // namespace tenfold
