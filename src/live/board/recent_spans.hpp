// How long things took in the last minute.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/time.hpp"

namespace tenfold::live {

// Nothing but `count` is known where that is 0.
struct SpanPercentiles {
  std::uint64_t count = 0;
  core::Duration p50{};
  core::Duration p95{};
  core::Duration p99{};
};

// Counts by second and by length: eight bins an octave, as HdrHistogram (hdrhistogram.org) has them at one digit, so a
// percentile is right within 7 %. What is below 32 us or above ten hours counts in the first or last bin.
class RecentSpans {
 public:
  static constexpr std::int64_t kSeconds = 60;

  // `now` never goes back.
  void add(core::TimePoint now, core::Duration span);
  // Of those that were added in this second and in the 59 before it; each the middle of its bin.
  SpanPercentiles percentiles(core::TimePoint now) const;

 private:
  static constexpr unsigned kLowestOctave = 15;
  static constexpr std::size_t kBinsPerOctave = 8;
  static constexpr std::size_t kBins = 31 * kBinsPerOctave;
  using Counts = std::array<std::uint32_t, kBins>;

  struct Second {
    std::int64_t number = -1;  // none
    Counts counts{};
  };

  static std::size_t bin_of(core::Duration span);
  static core::Duration middle_of(std::size_t bin);

  std::array<Second, kSeconds> seconds_;
};

}  // namespace tenfold::live
