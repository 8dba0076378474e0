// Durations, sizes and numbers as people write them.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/time.hpp"

namespace tenfold::config {

// Every parser takes the whole text or says in its error what would have been right.

// "250ms", "5s", "1.5s", "2m", "1h", "7d", and Go's "5m0s".
std::expected<core::Duration, std::string> parse_duration(std::string_view text);
// "64MiB", "512Mi", "1Gi", "1GB", "100" (bytes). Binary units are powers of 1024, decimal ones of 1000.
std::expected<core::Bytes, std::string> parse_size(std::string_view text);
// A whole number in least..most.
std::expected<std::uint32_t, std::string> parse_count(std::string_view text, std::uint32_t least, std::uint32_t most);
// A decimal number above zero.
std::expected<double, std::string> parse_positive(std::string_view text);
// A decimal number in least..most.
std::expected<double, std::string> parse_number(std::string_view text, double least, double most);
// Events in a second, zero or more: "15", "15/s", "900/min", "3600/h".
std::expected<double, std::string> parse_rate(std::string_view text);

// The shortest text that its parser reads as the same value: "300s", "1500ms"; "1Gi", "512Mi", "1000000".
std::string format_duration(core::Duration duration);
std::string format_size(core::Bytes size);

// Takes what stands before the next `separator` off the front of `text`: that, without the blanks around it.
std::string_view take_until(std::string_view& text, char separator);

// The one of `known` that `word` is most likely meant to be, by Damerau-Levenshtein distance; empty if none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace tenfold::config
