// OTLP over HTTP in JSON: opentelemetry.io/docs/specs/otlp (1.x), by the JSON mapping of protobuf with OTLP's
// exceptions: ids are hexadecimal, enumerations numbers; 64-bit integers are strings.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "live/traces/span.hpp"

namespace tenfold::live {

// Names and values of a resource's attributes.
using ResourceAttributes = std::vector<std::pair<std::string, std::string>>;

// What stands before and behind the spans of an ExportTraceServiceRequest; several spans have commas between them.
struct OtlpFrame {
  std::string before;
  std::string_view behind = "]}]}]}";
};
OtlpFrame otlp_frame(const ResourceAttributes& resource);

void append_otlp(std::string& out, const Span& span);

// What an ExportTraceServiceResponse says that was not taken. Both empty: all was.
struct PartialSuccess {
  std::uint64_t rejected = 0;
  std::string message;
};
// What cannot be read says nothing.
PartialSuccess parse_partial_success(std::string_view body);

}  // namespace tenfold::live
