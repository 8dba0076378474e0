#include "live/traces/sampler.hpp"

namespace tenfold::live {

bool Sampler::is_sampled(TraceId trace, std::optional<std::uint8_t> parent_flags) const {
  if (follows_parent && parent_flags) return (*parent_flags & kSampled) != 0;
  if (share >= 1) return true;
  // As the SDKs of OpenTelemetry for Go and Java do it: the last 63 bits of the id below the share of their range.
  constexpr double kRange = 9223372036854775808.0;  // 2^63
  return trace.low >> 1 < static_cast<std::uint64_t>(share * kRange);
}

}  // namespace tenfold::live
