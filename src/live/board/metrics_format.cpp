#include "live/board/metrics_format.hpp"

#include <charconv>
#include <optional>

#include "http/head.hpp"

namespace tenfold::live {

namespace {

// Takes what stands before the next `separator` off the text.
std::string_view take_part(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(part.size() == text.size() ? part.size() : part.size() + 1);
  return http::trimmed(part);
}

// A media range of the Accept field: the format that it stands for, and its quality.
struct Range {
  std::optional<MetricsFormat> format;
  double quality = 1;
};

// Protocol Buffers come in texts too, and of other messages: ours is the delimited one.
Range read_range(std::string_view text) {
  Range range;
  const std::string_view type = take_part(text, ';');
  bool is_family = false;
  bool is_delimited = false;
  while (!text.empty()) {
    std::string_view value = take_part(text, ';');
    const std::string_view name = take_part(value, '=');
    if (http::equals_ignoring_case(name, "q"))
      std::from_chars(value.data(), value.data() + value.size(), range.quality);
    is_family |= http::equals_ignoring_case(name, "proto") && value == "io.prometheus.client.MetricFamily";
    is_delimited |= http::equals_ignoring_case(name, "encoding") && value == "delimited";
  }
  if (http::equals_ignoring_case(type, "application/vnd.google.protobuf")) {
    if (is_family && is_delimited) range.format = MetricsFormat::kProtobuf;
  } else if (http::equals_ignoring_case(type, "application/openmetrics-text")) {
    range.format = MetricsFormat::kOpenMetrics;
  } else if (http::equals_ignoring_case(type, "text/plain")) {
    range.format = MetricsFormat::kPrometheus;
  }
  return range;
}

}  // namespace

MetricsFormat metrics_format_for(std::string_view accept) {
  MetricsFormat best = MetricsFormat::kPrometheus;
  double best_quality = 0;
  while (!accept.empty()) {
    const Range range = read_range(take_part(accept, ','));
    if (!range.format || !(range.quality > best_quality)) continue;
    best = *range.format;
    best_quality = range.quality;
  }
  return best;
}

std::string_view content_type_of(MetricsFormat format) {
  switch (format) {
    case MetricsFormat::kProtobuf:
      return "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
    case MetricsFormat::kOpenMetrics:
      return "application/openmetrics-text; version=1.0.0; charset=utf-8";
    case MetricsFormat::kPrometheus:
      break;
  }
  return "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace tenfold::live
