// What a client asks of the ingress in its request's head.
#pragma once

#include <optional>

#include "core/time.hpp"
#include "http/head.hpp"

namespace tenfold::live {

// How long the client is ready to wait: `X-Request-Timeout: 5`, `2.5s` or `800ms`, and `Prefer: wait=5` (RFC
// 7240, 4.3), the shorter if both are there. Nothing if it does not say, or says nonsense.
std::optional<core::Duration> requested_timeout(const http::Head& head);

// Whether running the request twice does no harm: an idempotent method (RFC 9110, 9.2.2), or an Idempotency-Key.
bool is_safe_to_repeat(const http::Head& head);

}  // namespace tenfold::live
