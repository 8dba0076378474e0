#include <algorithm>
#include <cmath>
#include <numeric>

#include "load/burst.hpp"

namespace tenfold::load {

Distribution distribution_of(std::vector<double> seconds) {
  if (seconds.empty()) return {};
  std::ranges::sort(seconds);
  const auto size = static_cast<double>(seconds.size());
  const auto rank = [&](double fraction) {
    return seconds[static_cast<std::size_t>(std::max(0.0, std::ceil(fraction * size) - 1))];
  };
  return {.count = seconds.size(),
          .min_s = seconds.front(),
          .mean_s = std::accumulate(seconds.begin(), seconds.end(), 0.0) / size,
          .p50_s = rank(0.5),
          .p90_s = rank(0.9),
          .p95_s = rank(0.95),
          .p99_s = rank(0.99),
          .max_s = seconds.back()};
}

}  // namespace tenfold::load
