#include "core/duration_histogram.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace tenfold::core {

namespace {

constexpr int kFirstBit = 16;  // 2^16 ns
// Values weigh more and more instead of all others less and less; beyond this all are scaled down.
constexpr double kHeavy = 1e30;

}  // namespace

std::size_t duration_bin(Duration span) {
  const auto ns = static_cast<std::uint64_t>(std::max<Duration::rep>(span.count(), 1));
  const int bit = static_cast<int>(std::bit_width(ns)) - 1;
  if (bit < kFirstBit) return 0;
  const auto half = static_cast<std::size_t>((ns >> (bit - 1)) & 1U);
  return std::min(2 * static_cast<std::size_t>(bit - kFirstBit) + half, kDurationBins - 1);
}

Duration lower_edge(std::size_t bin) {
  const auto octave = std::int64_t{1} << (kFirstBit + static_cast<int>(bin / 2));
  return Duration{bin % 2 == 0 ? octave : octave + octave / 2};
}

void add(HistogramRecord& histogram, Duration value, double memory) {
  if (histogram.weights.empty()) {
    histogram.weights.resize(kDurationBins);
    histogram.sums_s.resize(kDurationBins);
  }
  histogram.one /= 1 - 1 / memory;
  if (histogram.one > kHeavy) scale(histogram, 1 / std::exchange(histogram.one, 1));
  const std::size_t bin = duration_bin(value);
  histogram.weights[bin] += histogram.one;
  histogram.sums_s[bin] += histogram.one * to_seconds(value);
}

void scale(HistogramRecord& histogram, double factor) {
  for (double& weight : histogram.weights) weight *= factor;
  for (double& sum : histogram.sums_s) sum *= factor;
}

ResidualLife::ResidualLife(const HistogramRecord& histogram) : one_{histogram.one} {
  if (histogram.weights.empty()) return;
  for (std::size_t bin = kDurationBins; bin-- > 0;) {
    weight_[bin] = weight_[bin + 1] + histogram.weights[bin];
    sum_s_[bin] = sum_s_[bin + 1] + histogram.sums_s[bin];
  }
}

double ResidualLife::operator()(double elapsed_s) const {
  const std::size_t bin = duration_bin(Duration{static_cast<Duration::rep>(elapsed_s * 1e9)});
  const double own = weight_[bin] - weight_[bin + 1];
  const double own_mean_s = own > 0 ? (sum_s_[bin] - sum_s_[bin + 1]) / own : 0;
  double weight = weight_[bin + 1];
  double left_s = sum_s_[bin + 1] - weight * elapsed_s;
  if (own > 0 && elapsed_s < std::min(own_mean_s, to_seconds(lower_edge(bin)))) {
    weight += own;
    left_s += own * (own_mean_s - elapsed_s);
  } else if (own > 0) {
    const double rest_s = std::max(0.0, to_seconds(upper_edge(bin)) - elapsed_s);
    const double alive = own * std::min(1.0, rest_s / to_seconds(upper_edge(bin) - lower_edge(bin)));
    weight += alive;
    left_s += alive * rest_s / 2;
  }
  return (left_s + one_ * elapsed_s) / (weight + one_);
}

}  // namespace tenfold::core
