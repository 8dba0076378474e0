// Envoy's default access log, and Istio's.
#pragma once

#include <string_view>

#include "sim/logs/entry.hpp"

namespace tenfold::sim {

// A line such as
//
//   [2026-02-06T12:14:14.655Z] "POST /solve HTTP/1.1" 200 - 91 512 245 243 "-" "curl/8.5" "4f..." "host" "10.0.0.2:80"
//
// The time is that of the request's start. Behind status and flags stand bytes received and sent, the duration, and
// x-envoy-upstream-service-time, both in milliseconds (Envoy 1.18, access logging, default format string). Istio has
// three fields more before the bytes: code details, termination details, transport failure (Istio 1.23, Envoy access
// logs). The service took the upstream's time where it is told, else the duration.
Reading read_envoy(std::string_view line, LogEntry& entry);

}  // namespace tenfold::sim
