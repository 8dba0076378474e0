#include "core/pace.hpp"

#include <algorithm>

namespace tenfold::core {

namespace {

// The mean is plain over the first requests and then forgets: each new one weighs 1/64.
constexpr std::uint64_t kMemory = 64;

}  // namespace

void Pace::finished(Duration service) {
  ++record_.finished;
  const auto weight = static_cast<double>(std::min(record_.finished, kMemory));
  record_.service_ns += (static_cast<double>(service.count()) - record_.service_ns) / weight;
}

Duration Pace::time_to_start(std::uint64_t requests, std::uint64_t slots) const {
  if (slots == 0) return Duration::zero();
  const double ns = record_.service_ns * static_cast<double>(requests) / static_cast<double>(slots);
  return Duration{static_cast<Duration::rep>(ns)};
}

}  // namespace tenfold::core
