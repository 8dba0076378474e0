// The headers of W3C Trace Context, level 2 (www.w3.org/TR/trace-context-2): which trace a request belongs to, and
// which span of it is its parent. Sans-I/O.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tenfold::live {

struct TraceId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  // All zeros are none.
  bool is_valid() const { return (high | low) != 0; }
  friend auto operator<=>(const TraceId&, const TraceId&) = default;
};

// Zero is none.
enum class SpanId : std::uint64_t {};

// 32 and 16 digits, lower case.
std::string to_hex(TraceId id);
std::string to_hex(SpanId id);

// Bits of the flags. All others are no one's yet: they are not passed on.
inline constexpr std::uint8_t kSampled = 1;
inline constexpr std::uint8_t kRandom = 2;  // the last seven bytes of the trace's id are random

struct TraceContext {
  TraceId trace;
  SpanId span{};
  std::uint8_t flags = 0;
  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

// The value of a traceparent field, of any version but ff. Nothing where it breaks the rules: then it is as if it had
// not come.
std::optional<TraceContext> parse_traceparent(std::string_view value);

inline constexpr std::size_t kTraceparentSize = 55;
// Writes version 00.
std::string_view write_traceparent(const TraceContext& context, std::span<char, kTraceparentSize> out);

// How many entries a tracestate field has, empty ones aside; nothing where one breaks the rules.
std::optional<std::size_t> count_tracestate(std::string_view value);
// More, in all fields together, are not passed on.
inline constexpr std::size_t kMaxTracestate = 32;

}  // namespace tenfold::live
