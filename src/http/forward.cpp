#include "http/forward.hpp"

#include <algorithm>
#include <charconv>

namespace tenfold::http {

namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

// Whether a Connection field of the head names `name` (RFC 9110, 7.6.1).
bool is_named_by_connection(const Head& head, std::string_view name) {
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const Head::Field field = head.field(i);
    if (field.kind != FieldKind::kConnection) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      std::string_view option = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      while (!option.empty() && (option.front() == ' ' || option.front() == '\t')) option.remove_prefix(1);
      while (!option.empty() && (option.back() == ' ' || option.back() == '\t')) option.remove_suffix(1);
      if (equals_ignoring_case(option, name)) return true;
    }
  }
  return false;
}

bool ends_here(const Head& head, const Head::Field& field) {
  switch (field.kind) {
    case FieldKind::kConnection:
    case FieldKind::kHopByHop:
    case FieldKind::kTransferEncoding:
    case FieldKind::kExpect:
      return true;
    default:
      return head.connection_names_fields() && is_named_by_connection(head, field.name);
  }
}

// RFC 9112, 3.2.2: a proxy sends the path alone to the origin, whatever form it got.
std::string_view origin_form(std::string_view target) {
  if (target.empty() || target.front() == '/' || target == "*") return target;
  const std::size_t authority = target.find("://") + 3;
  const std::size_t path = target.find_first_of("/?", authority);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

// RFC 7239, 6: an IPv6 address stands in brackets and quotes.
void append_node(std::string& out, std::string_view address) {
  if (address.find(':') == std::string_view::npos) {
    out += address == "unix" ? "_unix" : address;
    return;
  }
  out += "\"[";
  out += address;
  out += "]\"";
}

struct ForwardedFields {
  std::string_view forwarded;
  std::string_view for_;
  std::string_view proto;
  std::string_view host;
  std::string_view host_field;
  std::string_view request_id;
};

void append_forwarding(std::string& out, const ForwardedRequest& request, const ForwardedFields& before) {
  out += "Forwarded: ";
  if (!before.forwarded.empty()) {
    out += before.forwarded;
    out += ", ";
  }
  out += "for=";
  append_node(out, request.client);
  out += ";proto=";
  out += request.scheme;
  out += "\r\nX-Forwarded-For: ";
  if (!before.for_.empty()) {
    out += before.for_;
    out += ", ";
  }
  out += request.client;
  out += "\r\n";
  append_field(out, "X-Forwarded-Proto", before.proto.empty() ? request.scheme : before.proto);
  append_field(out, "X-Forwarded-Host", before.host.empty() ? before.host_field : before.host);
  append_field(out, "X-Request-Id", before.request_id.empty() ? request.request_id : before.request_id);
}

}  // namespace

void append_request_head(std::string& out, const ForwardedRequest& request) {
  const Head& head = request.head;
  out += head.method();
  out += ' ';
  const std::string_view target = origin_form(head.target());
  if (target.front() == '?') out += '/';
  out += target;
  out += " HTTP/1.1\r\n";
  ForwardedFields before;
  // The last line of a list gets our element; those before it stay lines of their own, in their order (RFC 9110, 5.3).
  const auto keep_last = [&out](std::string_view& kept, const Head::Field& field) {
    if (!kept.empty()) append_field(out, field.name, kept);
    kept = field.value;
  };
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const Head::Field field = head.field(i);
    switch (field.kind) {
      case FieldKind::kForwarded:
        keep_last(before.forwarded, field);
        continue;
      case FieldKind::kForwardedFor:
        keep_last(before.for_, field);
        continue;
      case FieldKind::kForwardedProto:
        before.proto = field.value;
        continue;
      case FieldKind::kForwardedHost:
        before.host = field.value;
        continue;
      case FieldKind::kRequestId:
        before.request_id = field.value;
        continue;
      case FieldKind::kHost:
        before.host_field = field.value;
        break;
      default:
        if (ends_here(head, field)) continue;
    }
    append_field(out, field.name, field.value);
  }
  if (before.host_field.empty()) append_field(out, "Host", "localhost");
  if (head.body_kind() == BodyKind::kChunked) append_field(out, "Transfer-Encoding", "chunked");
  append_forwarding(out, request, before);
  out += "\r\n";
}

void append_response_head(std::string& out, const ForwardedResponse& response) {
  const Head& head = response.head;
  char status[4] = {};
  std::to_chars(status, status + 3, head.status());
  out += "HTTP/1.1 ";
  out.append(status, 3);
  out += ' ';
  out += head.reason();
  out += "\r\n";
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const Head::Field field = head.field(i);
    if (!ends_here(head, field)) append_field(out, field.name, field.value);
  }
  if (is_rechunked(head, response.client_minor_version)) append_field(out, "Transfer-Encoding", "chunked");
  out += response.fields;
  out += response.keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
}

bool is_rechunked(const Head& response, int client_minor_version) {
  const bool has_no_length =
      response.body_kind() == BodyKind::kChunked || response.body_kind() == BodyKind::kUntilClose;
  return has_no_length && client_minor_version > 0;
}

std::string_view chunk_head(std::size_t size, std::span<char, 18> buffer) {
  char* end = std::to_chars(buffer.data(), buffer.data() + 16, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

}  // namespace tenfold::http
