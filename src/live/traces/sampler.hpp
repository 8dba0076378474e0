// Which traces are recorded.
#pragma once

#include <cstdint>
#include <optional>

#include "live/traces/context.hpp"

namespace tenfold::live {

// OpenTelemetry's samplers: of a share of all traces, by their ids (TraceIdRatioBased), so that all who look at the
// same trace with the same share agree; or as the client has decided, and by that share where it has not (ParentBased).
struct Sampler {
  // 0 to 1.
  double share = 1;
  bool follows_parent = true;

  // `parent_flags` are those of the client's traceparent, if it brought one.
  bool is_sampled(TraceId trace, std::optional<std::uint8_t> parent_flags) const;

  friend bool operator==(const Sampler&, const Sampler&) = default;
};

}  // namespace tenfold::live
