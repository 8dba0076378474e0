// A span, as OpenTelemetry's data model has it, as far as we fill it in.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "live/traces/context.hpp"

namespace tenfold::live {

// By the wall clock.
using SpanTime = std::chrono::sys_time<std::chrono::nanoseconds>;

// The numbers are those of the protocol.
enum class SpanKind : std::uint8_t { kInternal = 1, kServer = 2, kClient = 3 };

struct Attribute {
  std::string_view key;  // of static storage
  std::variant<std::string, std::int64_t> value;
  friend bool operator==(const Attribute&, const Attribute&) = default;
};

struct Span {
  TraceContext context;
  SpanId parent{};
  // The parent is of another program.
  bool is_parent_remote = false;
  // The trace's tracestate.
  std::string state;
  std::string name;
  SpanKind kind = SpanKind::kInternal;
  SpanTime begin;
  SpanTime end;
  std::vector<Attribute> attributes;
  bool is_error = false;
  std::string error;  // in words, where the attributes do not say it all
};

}  // namespace tenfold::live
