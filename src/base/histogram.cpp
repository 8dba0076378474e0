#include "base/histogram.hpp"

#include <cmath>

#include "base/require.hpp"

namespace tenfold {

namespace {

// Two values that differ by one in the last of `digits` fall into two bins.
int bits_for(int digits) { return static_cast<int>(std::ceil(std::log2(2 * std::pow(10, digits)))); }

}  // namespace

Histogram::Histogram(int digits) : bits_{bits_for(std::clamp(digits, 1, 4))} {}

void Histogram::merge(const Histogram& other) {
  require(bits_ == other.bits_, "histograms that are merged have as many digits");
  if (counts_.size() < other.counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t bin = 0; bin < other.counts_.size(); ++bin) counts_[bin] += other.counts_[bin];
  count_ += other.count_;
  sum_ns_ += other.sum_ns_;
  min_ns_ = std::min(min_ns_, other.min_ns_);
  max_ns_ = std::max(max_ns_, other.max_ns_);
}

double Histogram::quantile_s(double share) const {
  if (count_ == 0) return 0;
  const auto rank = static_cast<std::uint64_t>(std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_)));
  std::uint64_t passed = 0;
  std::size_t bin = 0;
  while (bin + 1 < counts_.size() && (passed += counts_[bin]) < std::max<std::uint64_t>(rank, 1)) ++bin;
  return static_cast<double>(std::min(upper_edge(bin), max_ns_)) * 1e-9;
}

std::uint64_t Histogram::upper_edge(std::size_t bin) const {
  const std::size_t half = std::size_t{1} << (bits_ - 1);
  if (bin < 2 * half) return bin;
  const std::size_t excess = bin / half - 1;
  return ((static_cast<std::uint64_t>(bin - excess * half) + 1) << excess) - 1;
}

}  // namespace tenfold
