// Durations, counted as Prometheus' histograms are, classic and native.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/time.hpp"
#include "live/board/native_buckets.hpp"

namespace tenfold::live {

class Histogram {
 public:
  // Upper bounds in seconds: from an answer of milliseconds to a solve of an hour. Above the last is the rest.
  static constexpr std::array<double, 18> kBoundsS{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                   1,     2.5,    5,     10,   30,    60,   300, 900,  3600};

  void add(core::Duration span);

  // Of those within a bound and not within the one before it; the last is the rest.
  const std::array<std::uint64_t, kBoundsS.size() + 1>& counts() const { return counts_; }
  std::uint64_t count() const { return count_; }
  const NativeBuckets& native() const { return native_; }
  double sum_s() const { return core::to_seconds(sum_); }

 private:
  std::array<std::uint64_t, kBoundsS.size() + 1> counts_{};
  std::uint64_t count_ = 0;
  core::Duration sum_{};
  NativeBuckets native_;
};

}  // namespace tenfold::live
