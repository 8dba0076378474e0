#include "live/traces/context.hpp"

#include <algorithm>

namespace tenfold::live {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kLongestKey = 256;
constexpr std::size_t kLongestValue = 256;

// Lower case only.
template <class Number>
std::optional<Number> parse_hex(std::string_view text) {
  Number number = 0;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    number = static_cast<Number>(number << 4 | digit);
  }
  return number;
}

char* write_hex(char* out, std::uint64_t number, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) *out++ = kDigits[number >> shift & 15];
  return out;
}

std::string_view without_blanks(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

bool begins_key(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_of_key(char c) { return begins_key(c) || c == '_' || c == '-' || c == '*' || c == '/' || c == '@'; }
bool is_of_value(char c) { return c >= 0x20 && c <= 0x7E && c != ',' && c != '='; }

bool is_entry(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view key = text.substr(0, equals);
  const std::string_view value = text.substr(equals + 1);
  return !key.empty() && key.size() <= kLongestKey && begins_key(key.front()) && std::ranges::all_of(key, is_of_key) &&
         !value.empty() && value.size() <= kLongestValue && std::ranges::all_of(value, is_of_value);
}

}  // namespace

std::string to_hex(TraceId id) {
  std::string text(32, '0');
  write_hex(write_hex(text.data(), id.high, 16), id.low, 16);
  return text;
}

std::string to_hex(SpanId id) {
  std::string text(16, '0');
  write_hex(text.data(), static_cast<std::uint64_t>(id), 16);
  return text;
}

// version "-" trace-id "-" parent-id "-" flags. A version to come may have more behind another "-"; 00 has not.
std::optional<TraceContext> parse_traceparent(std::string_view value) {
  if (value.size() < kTraceparentSize || value[2] != '-' || value[35] != '-' || value[52] != '-') return std::nullopt;
  const auto version = parse_hex<std::uint8_t>(value.substr(0, 2));
  const auto high = parse_hex<std::uint64_t>(value.substr(3, 16));
  const auto low = parse_hex<std::uint64_t>(value.substr(19, 16));
  const auto span = parse_hex<std::uint64_t>(value.substr(36, 16));
  const auto flags = parse_hex<std::uint8_t>(value.substr(53, 2));
  if (!version || !high || !low || !span || !flags || *version == 0xFF) return std::nullopt;
  const bool has_more = value.size() > kTraceparentSize;
  if (has_more && (*version == 0 || value[kTraceparentSize] != '-')) return std::nullopt;
  const TraceContext context{.trace = {.high = *high, .low = *low},
                             .span = SpanId{*span},
                             .flags = static_cast<std::uint8_t>(*flags & (kSampled | kRandom))};
  if (!context.trace.is_valid() || context.span == SpanId{}) return std::nullopt;
  return context;
}

std::string_view write_traceparent(const TraceContext& context, std::span<char, kTraceparentSize> out) {
  char* end = std::ranges::copy(std::string_view{"00-"}, out.data()).out;
  end = write_hex(write_hex(end, context.trace.high, 16), context.trace.low, 16);
  *end++ = '-';
  end = write_hex(end, static_cast<std::uint64_t>(context.span), 16);
  *end++ = '-';
  end = write_hex(end, context.flags, 2);
  return {out.data(), end};
}

std::optional<std::size_t> count_tracestate(std::string_view value) {
  std::size_t count = 0;
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    const std::string_view entry = without_blanks(value.substr(0, comma));
    value.remove_prefix(std::min(comma + 1, value.size()));
    if (entry.empty()) continue;
    if (!is_entry(entry)) return std::nullopt;
    ++count;
  }
  return count;
}

}  // namespace tenfold::live
