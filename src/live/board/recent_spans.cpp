#include "live/board/recent_spans.hpp"

#include <algorithm>
#include <bit>

#include "live/board/timeline.hpp"

namespace tenfold::live {

namespace {

std::size_t place_of(std::int64_t second) { return static_cast<std::size_t>(second % RecentSpans::kSeconds); }

}  // namespace

std::size_t RecentSpans::bin_of(core::Duration span) {
  constexpr std::uint64_t kLowest = std::uint64_t{1} << kLowestOctave;
  const auto ns = std::max(static_cast<std::uint64_t>(std::max<std::int64_t>(span.count(), 0)), kLowest);
  const auto octave = static_cast<unsigned>(std::bit_width(ns)) - 1;
  const std::uint64_t within = (ns >> (octave - 3)) - kBinsPerOctave;  // the three bits below the highest
  return std::min((octave - kLowestOctave) * kBinsPerOctave + within, kBins - 1);
}

core::Duration RecentSpans::middle_of(std::size_t bin) {
  const std::uint64_t width = std::uint64_t{1} << (bin / kBinsPerOctave + kLowestOctave - 3);
  return core::Duration{(bin % kBinsPerOctave + kBinsPerOctave) * width + width / 2};
}

void RecentSpans::add(core::TimePoint now, core::Duration span) {
  const std::int64_t number = second_of(now);
  Second& second = seconds_[place_of(number)];
  if (second.number != number) second = {.number = number};
  ++second.counts[bin_of(span)];
}

SpanPercentiles RecentSpans::percentiles(core::TimePoint now) const {
  const std::int64_t newest = second_of(now);
  SpanPercentiles all;
  std::array<std::uint64_t, kBins> sums{};
  for (const Second& second : seconds_) {
    if (second.number < 0 || second.number <= newest - kSeconds || second.number > newest) continue;
    for (std::size_t bin = 0; bin < kBins; ++bin) sums[bin] += second.counts[bin];
  }
  for (const std::uint64_t count : sums) all.count += count;
  // By nearest rank.
  const auto at = [&](std::uint64_t percent) {
    std::uint64_t left = (all.count * percent + 99) / 100;
    std::size_t bin = 0;
    while (bin + 1 < kBins && left > sums[bin]) left -= sums[bin++];
    return middle_of(bin);
  };
  if (all.count == 0) return all;
  all.p50 = at(50);
  all.p95 = at(95);
  all.p99 = at(99);
  return all;
}

}  // namespace tenfold::live
