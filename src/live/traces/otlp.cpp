#include "live/traces/otlp.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "base/utf8.hpp"
#include "http/problem.hpp"
#include "live/version.hpp"

namespace tenfold::live {

namespace {

namespace json = boost::json;

// Whether the parent is of another program, and that this is known (SpanFlags).
constexpr std::uint32_t kKnowsRemote = 0x100;
constexpr std::uint32_t kIsRemote = 0x200;

// A tree of values would cost ten times the text.

bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

// What clients send need not be UTF-8; JSON is. Nearly all of it is plain.
void append_text(std::string& out, std::string_view bytes) {
  if (!std::ranges::all_of(bytes, is_plain)) return http::append_json_string(out, to_utf8(bytes, "\uFFFD"));
  out.append("\"").append(bytes).append("\"");
}

// A 64-bit integer, which a number of JSON need not hold.
void append_long(std::string& out, std::int64_t value) {
  std::array<char, 24> digits{};
  out.append("\"").append(digits.data(), std::to_chars(digits.begin(), digits.end(), value).ptr).append("\"");
}

void append_attribute(std::string& out, std::string_view key, const std::variant<std::string, std::int64_t>& value) {
  if (!out.ends_with('[')) out += ',';
  out += R"({"key":)";
  append_text(out, key);
  if (const auto* text = std::get_if<std::string>(&value)) {
    out += R"(,"value":{"stringValue":)";
    append_text(out, *text);
  } else {
    out += R"(,"value":{"intValue":)";
    append_long(out, std::get<std::int64_t>(value));
  }
  out += "}}";
}

std::uint32_t flags_of(const Span& span) {
  return span.context.flags | kKnowsRemote | (span.is_parent_remote ? kIsRemote : 0);
}

void append_status(std::string& out, const Span& span) {
  out += R"("status":{)";
  if (span.is_error) out += R"("code":2)";
  if (span.is_error && !span.error.empty()) {
    out += R"(,"message":)";
    append_text(out, span.error);
  }
  out += '}';
}

}  // namespace

OtlpFrame otlp_frame(const ResourceAttributes& resource) {
  OtlpFrame frame{.before = R"({"resourceSpans":[{"resource":{"attributes":[)"};
  for (const auto& [key, value] : resource) append_attribute(frame.before, key, value);
  frame.before += R"(]},"scopeSpans":[{"scope":{"name":"tenfold","version":)";
  append_text(frame.before, kVersion);
  frame.before += R"(},"spans":[)";
  return frame;
}

void append_otlp(std::string& out, const Span& span) {
  out.append(R"({"traceId":")").append(to_hex(span.context.trace));
  out.append(R"(","spanId":")").append(to_hex(span.context.span));
  if (span.parent != SpanId{}) out.append(R"(","parentSpanId":")").append(to_hex(span.parent));
  out += '"';
  if (!span.state.empty()) {
    out += R"(,"traceState":)";
    append_text(out, span.state);
  }
  fmt::format_to(std::back_inserter(out), R"(,"flags":{},"kind":{},"name":)", flags_of(span),
                 static_cast<int>(span.kind));
  append_text(out, span.name);
  out += R"(,"startTimeUnixNano":)";
  append_long(out, span.begin.time_since_epoch().count());
  out += R"(,"endTimeUnixNano":)";
  append_long(out, span.end.time_since_epoch().count());
  out += R"(,"attributes":[)";
  for (const Attribute& one : span.attributes) append_attribute(out, one.key, one.value);
  out += "],";
  append_status(out, span);
  out += '}';
}

PartialSuccess parse_partial_success(std::string_view body) {
  PartialSuccess partial;
  boost::system::error_code error;
  const json::value answer = json::parse(body, error);
  const json::object* const object = error ? nullptr : answer.if_object();
  const json::value* const found = object ? object->if_contains("partialSuccess") : nullptr;
  const json::object* const told = found ? found->if_object() : nullptr;
  if (!told) return partial;
  if (const json::value* rejected = told->if_contains("rejectedSpans")) {
    if (const json::string* digits = rejected->if_string()) {
      std::from_chars(digits->data(), digits->data() + digits->size(), partial.rejected);
    } else {
      partial.rejected = rejected->to_number<std::uint64_t>(error);
    }
  }
  if (const json::value* message = told->if_contains("errorMessage"); message && message->is_string())
    partial.message = message->get_string();
  return partial;
}

}  // namespace tenfold::live
