// Numbers and instants as trace files write them.
#pragma once

#include <optional>
#include <string_view>

#include "core/time.hpp"

namespace tenfold::sim {

// A finite number, and nothing behind it.
std::optional<double> parse_number(std::string_view text);

// Seconds, "12.5" or "1e3", to the nanosecond: in seconds since 1970 a double tells only a quarter of a microsecond.
// Not negative, and before the year 2255: more are likely milliseconds.
std::optional<core::Duration> parse_seconds(std::string_view text);

// Seconds, or an instant as in ISO 8601, since 1970: 2026-11-24T12:34:56.789Z or +02:00. A blank may stand for the T;
// no zone is UTC.
std::optional<core::Duration> parse_time(std::string_view text);

}  // namespace tenfold::sim
