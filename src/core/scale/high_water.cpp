#include "core/scale/high_water.hpp"

#include <algorithm>

namespace tenfold::core {

namespace {

constexpr Duration kMemory = std::chrono::hours{24};

}  // namespace

void HighWater::set(TimePoint now, std::uint32_t level) {
  if (level == record_.level) return;
  auto& peaks = record_.peaks;
  if (level < record_.level) {
    while (!peaks.empty() && peaks.back().replicas <= record_.level) peaks.pop_back();
    peaks.push_back({.at = now, .replicas = record_.level});
    while (peaks.front().at < now - kMemory) peaks.erase(peaks.begin());
  }
  record_.level = level;
}

std::uint32_t HighWater::most_since(TimePoint then) const {
  // The peaks fall and their times rise: the first that is young enough is the highest of these.
  const auto peak = std::ranges::upper_bound(record_.peaks, then, {}, &Recommendation::at);
  return peak == record_.peaks.end() ? record_.level : std::max(record_.level, peak->replicas);
}

std::optional<TimePoint> HighWater::last_at(std::uint32_t level) const {
  for (auto peak = record_.peaks.rbegin(); peak != record_.peaks.rend(); ++peak)
    if (peak->replicas >= level) return peak->at;
  return std::nullopt;
}

std::optional<TimePoint> HighWater::next_fall(TimePoint now, Duration hold) const {
  const auto peak = std::ranges::upper_bound(record_.peaks, now - hold, {}, &Recommendation::at);
  if (peak == record_.peaks.end() || peak->replicas <= record_.level) return std::nullopt;
  return peak->at + hold;
}

}  // namespace tenfold::core
