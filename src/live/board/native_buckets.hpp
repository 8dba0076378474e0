// Durations, counted as Prometheus' native histograms are: in buckets that each are a fixed factor wider than the one
// below.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tenfold::live {

// The standard exponential buckets of schema 3 (prometheus.io/docs/specs/native_histograms): eight for each doubling,
// so that a value is known within 9 %. Bucket n holds what is above 2^((n-1)/8) seconds and at most 2^(n/8).
class NativeBuckets {
 public:
  static constexpr int kSchema = 3;
  static constexpr int kPerDoubling = 1 << kSchema;
  // A nanosecond, and 48 days: what lies beyond is counted in the outermost bucket.
  static constexpr int kFirst = -30 * kPerDoubling;
  static constexpr int kLast = 22 * kPerDoubling;
  // What is no more than this is in the bucket of zero: 2^-128, which is what Prometheus' own clients take.
  static constexpr double kZeroThreshold = 0x1p-128;

  void add(double seconds);

  std::uint64_t zeros() const { return zeros_; }
  // From bucket kFirst to kLast.
  std::span<const std::uint64_t> counts() const { return counts_; }

 private:
  std::uint64_t zeros_ = 0;
  std::array<std::uint64_t, kLast - kFirst + 1> counts_{};
};

}  // namespace tenfold::live
