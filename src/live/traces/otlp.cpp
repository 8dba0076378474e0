#include "live/traces/otlp.hpp"

#include <charconv>

#include <boost/json.hpp>

#include "base/utf8.hpp"
#include "live/version.hpp"

namespace tenfold::live {

namespace {

namespace json = boost::json;

constexpr int kStatusError = 2;
// Whether the parent is of another program, and that this is known (SpanFlags).
constexpr std::uint32_t kKnowsRemote = 0x100;
constexpr std::uint32_t kIsRemote = 0x200;

// What clients send need not be UTF-8; JSON is.
json::string text(std::string_view bytes) { return json::string{to_utf8(bytes, "\uFFFD")}; }

std::string number(std::int64_t value) { return std::to_string(value); }

// An AnyValue.
struct ToAnyValue {
  json::object operator()(const std::string& value) const { return make("stringValue", text(value)); }
  json::object operator()(std::int64_t value) const { return make("intValue", number(value)); }
  json::object operator()(double value) const { return make("doubleValue", value); }

 private:
  template <class Value>
  static json::object make(std::string_view type, const Value& value) {
    json::object any;
    any[type] = value;
    return any;
  }
};

json::object attribute(std::string_view key, json::object value) {
  json::object one;
  one["key"] = text(key);
  one["value"] = std::move(value);
  return one;
}

std::uint32_t flags_of(const Span& span) {
  return span.context.flags | kKnowsRemote | (span.is_parent_remote ? kIsRemote : 0);
}

json::object status_of(const Span& span) {
  if (!span.is_error) return {};
  json::object status;
  status["code"] = kStatusError;
  if (!span.error.empty()) status["message"] = text(span.error);
  return status;
}

}  // namespace

OtlpFrame otlp_frame(const ResourceAttributes& resource) {
  json::array attributes;
  for (const auto& [key, value] : resource) attributes.push_back(attribute(key, ToAnyValue{}(value)));
  json::object resource_object;
  resource_object["attributes"] = std::move(attributes);
  json::object scope;
  scope["name"] = "tenfold";
  scope["version"] = text(kVersion);
  return {.before = R"({"resourceSpans":[{"resource":)" + json::serialize(resource_object) +
                    R"(,"scopeSpans":[{"scope":)" + json::serialize(scope) + R"(,"spans":[)"};
}

std::string to_otlp(const Span& span) {
  json::object out;
  out["traceId"] = to_hex(span.context.trace);
  out["spanId"] = to_hex(span.context.span);
  if (span.parent != SpanId{}) out["parentSpanId"] = to_hex(span.parent);
  if (!span.state.empty()) out["traceState"] = text(span.state);
  out["flags"] = flags_of(span);
  out["name"] = text(span.name);
  out["kind"] = static_cast<int>(span.kind);
  out["startTimeUnixNano"] = number(span.begin.time_since_epoch().count());
  out["endTimeUnixNano"] = number(span.end.time_since_epoch().count());
  json::array attributes;
  for (const Attribute& one : span.attributes) {
    attributes.push_back(attribute(one.key, std::visit(ToAnyValue{}, one.value)));
  }
  out["attributes"] = std::move(attributes);
  out["status"] = status_of(span);
  return json::serialize(out);
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
