#include "http/field_names.hpp"

#include <algorithm>
#include <array>

namespace tenfold::http {

namespace {

// A kind for a name that is spelt as registered, but for its case.
FieldKind exact_kind(std::string_view name) {
  const auto is = [name](std::string_view known) { return equals_ignoring_case(name, known); };
  switch (name.size()) {
    case 2:
      return is("te") ? FieldKind::kDropped : FieldKind::kOther;
    case 4:
      return is("host") ? FieldKind::kHost : FieldKind::kOther;
    case 6:
      return is("expect") ? FieldKind::kExpect : FieldKind::kOther;
    case 7:
      return is("upgrade") ? FieldKind::kUpgrade : is("trailer") ? FieldKind::kDropped : FieldKind::kOther;
    case 9:
      return is("forwarded") ? FieldKind::kForwarded : FieldKind::kOther;
    case 10:
      return is("connection")   ? FieldKind::kConnection
             : is("keep-alive") ? FieldKind::kDropped
             : is("tracestate") ? FieldKind::kTracestate
                                : FieldKind::kOther;
    case 11:
      return is("traceparent") ? FieldKind::kTraceparent : FieldKind::kOther;
    case 12:
      return is("x-request-id") ? FieldKind::kRequestId : FieldKind::kOther;
    case 14:
      return is("content-length")   ? FieldKind::kContentLength
             : is("http2-settings") ? FieldKind::kDropped
                                    : FieldKind::kOther;
    case 15:
      return is("x-forwarded-for") ? FieldKind::kForwardedFor : FieldKind::kOther;
    case 16:
      return is("x-forwarded-host")   ? FieldKind::kForwardedHost
             : is("proxy-connection") ? FieldKind::kDropped
                                      : FieldKind::kOther;
    case 17:
      return is("transfer-encoding")   ? FieldKind::kTransferEncoding
             : is("x-forwarded-proto") ? FieldKind::kForwardedProto
                                       : FieldKind::kOther;
    case 18:
      return is("proxy-authenticate") ? FieldKind::kDropped : FieldKind::kOther;
    case 19:
      return is("proxy-authorization") ? FieldKind::kDropped : FieldKind::kOther;
    default:
      return FieldKind::kOther;
  }
}

constexpr std::string_view kForwardedPrefix = "x-forwarded-";

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && equals_ignoring_case(text.substr(0, start.size()), start);
}

FieldKind kind_of(std::string_view name) {
  const FieldKind kind = exact_kind(name);
  const bool is_told_by_a_proxy = kind == FieldKind::kOther && starts_with_ignoring_case(name, kForwardedPrefix);
  return is_told_by_a_proxy ? FieldKind::kForwardedMore : kind;
}

// Names as long as this are no known ones.
constexpr std::size_t kLongestTwin = 64;

bool is_twin(std::string_view name) {
  if (name.size() > kLongestTwin || name.find('_') == std::string_view::npos) return false;
  std::array<char, kLongestTwin> spelt{};
  std::ranges::replace_copy(name, spelt.begin(), '_', '-');
  return kind_of({spelt.data(), name.size()}) != FieldKind::kOther;
}

// Fields for all recipients, by RFC 9110 and the registry: what frames, routes, authenticates, describes, conditions or
// controls. Those that begin with one of kEndToEndPrefixes as well.
constexpr std::string_view kEndToEnd[] = {
    "age",
    "allow",
    "alt-svc",
    "authentication-info",
    "authorization",
    "baggage",
    "cache-control",
    "cookie",
    "date",
    "digest",
    "dnt",
    "early-data",
    "etag",
    "expect",
    "expires",
    "from",
    "host",
    "idempotency-key",
    "last-modified",
    "link",
    "location",
    "max-forwards",
    "origin",
    "pragma",
    "prefer",
    "preference-applied",
    "priority",
    "range",
    "referer",
    "refresh",
    "retry-after",
    "server",
    "server-timing",
    "set-cookie",
    "signature",
    "signature-input",
    "soapaction",
    "strict-transport-security",
    "traceparent",
    "tracestate",
    "user-agent",
    "vary",
    "via",
    "want-digest",
    "warning",
    "www-authenticate",
    "x-api-key",
    "x-csrf-token",
    "x-http-method-override",
    "x-request-timeout",
};
constexpr std::string_view kEndToEndPrefixes[] = {"accept", "access-control-", "content-", "if-", "repr-", "sec-"};

}  // namespace

FieldKind field_kind(std::string_view name) {
  const FieldKind kind = kind_of(name);
  return kind == FieldKind::kOther && is_twin(name) ? FieldKind::kDropped : kind;
}

bool may_be_nominated(std::string_view name) {
  return std::ranges::none_of(kEndToEnd,
                              [name](std::string_view known) { return equals_ignoring_case(name, known); }) &&
         std::ranges::none_of(kEndToEndPrefixes,
                              [name](std::string_view start) { return starts_with_ignoring_case(name, start); });
}

}  // namespace tenfold::http
