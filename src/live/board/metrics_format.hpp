// The formats that /metrics has, and which of them an asker gets.
#pragma once

#include <cstdint>
#include <string_view>

namespace tenfold::live {

enum class MetricsFormat : std::uint8_t { kPrometheus, kOpenMetrics, kProtobuf };

// What an asker prefers, by its Accept field (RFC 9110 section 12.5.1): the format of the highest quality, of equals
// the one named first. Prometheus' text where none of ours is named.
MetricsFormat metrics_format_for(std::string_view accept);

std::string_view content_type_of(MetricsFormat format);

}  // namespace tenfold::live
