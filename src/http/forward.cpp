#include "http/forward.hpp"

#include <array>
#include <charconv>

namespace tenfold::http {

namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

// Framing is ours (RFC 9112, 6): written from what the parser found, never copied.
void append_content_length(std::string& out, const Head& head) {
  out += "Content-Length: ";
  append_number(out, head.content_length());
  out += "\r\n";
}

// RFC 9112, 3.2.1, 3.2.2 and 3.2.4: the path alone goes to the origin, whatever form came.
void append_path(std::string& out, const Head& head) {
  const std::string_view path = head.path();
  if (path.empty() && head.method() == "OPTIONS") {
    out += '*';
    return;
  }
  if (path.empty() || path.front() == '?') out += '/';
  out += path;
}

// RFC 9112, 3.2.2: a URL's host, and not Host, is who was asked. A request that names nobody asks the default host.
std::string_view host_of(const Head& head) {
  if (!head.authority().empty()) return head.authority();
  const std::string_view host = head.find("host").value_or("");
  return host.empty() ? "localhost" : host;
}

// Whether a quoted string is left open, which would swallow what is put behind it.
bool has_open_quote(std::string_view list) {
  bool is_quoted = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '"') is_quoted = !is_quoted;
    if (list[i] == '\\' && is_quoted) ++i;
  }
  return is_quoted;
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

// What proxies before us said, whose last word is ours to continue.
struct Before {
  std::string_view forwarded;
  std::string_view for_;
  std::string_view proto;
  std::string_view host;
  std::string_view request_id;
};

void append_forwarding(std::string& out, const ForwardedRequest& request, std::string_view host, const Before& before) {
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
  append_field(out, "X-Forwarded-Host", before.host.empty() ? host : before.host);
  append_field(out, "X-Request-Id", before.request_id.empty() ? request.request_id : before.request_id);
}

// Appends what goes on of the fields, and keeps what our own words continue.
Before append_request_fields(std::string& out, const ForwardedRequest& request) {
  Before before;
  // The last line of a list gets our element; those before it stay lines of their own, in their order (RFC 9110, 5.3).
  const auto keep_last = [&out](std::string_view& kept, const Head::Field& field) {
    if (!kept.empty()) append_field(out, field.name, kept);
    kept = field.value;
  };
  const Head& head = request.head;
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const Head::Field field = head.field(i);
    switch (field.kind) {
      case FieldKind::kForwarded:
        if (request.is_client_trusted && !has_open_quote(field.value)) keep_last(before.forwarded, field);
        break;
      case FieldKind::kForwardedFor:
        if (request.is_client_trusted) keep_last(before.for_, field);
        break;
      case FieldKind::kForwardedProto:
        if (request.is_client_trusted) before.proto = field.value;
        break;
      case FieldKind::kForwardedHost:
        if (request.is_client_trusted) before.host = field.value;
        break;
      case FieldKind::kForwardedMore:
        if (request.is_client_trusted) append_field(out, field.name, field.value);
        break;
      case FieldKind::kRequestId:
        before.request_id = field.value;
        break;
      case FieldKind::kTraceparent:
        if (request.traceparent.empty()) append_field(out, field.name, field.value);
        break;
      case FieldKind::kTracestate:
        if (!request.drops_tracestate) append_field(out, field.name, field.value);
        break;
      case FieldKind::kContentLength:
        append_content_length(out, head);
        break;
      case FieldKind::kHost:
      case FieldKind::kConnection:
      case FieldKind::kTransferEncoding:
      case FieldKind::kExpect:
      case FieldKind::kUpgrade:
      case FieldKind::kDropped:
        break;
      case FieldKind::kOther:
        append_field(out, field.name, field.value);
    }
  }
  return before;
}

// RFC 9110, 8.6 and 9112, 6.3: an answer that has no body by its status has no length either, but a 304's is that of
// the answer it stands for.
bool may_have_length(int status) { return status >= 200 && status != 204; }

void append_upgrade(std::string& out, const Head& head) {
  if (head.upgrade().empty()) return;
  append_field(out, "Connection", "Upgrade");
  append_field(out, "Upgrade", head.upgrade());
}

void append_status_line(std::string& out, const Head& head) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(head.status()));
  out += ' ';
  out += head.reason();
  out += "\r\n";
}

void append_response_fields(std::string& out, const Head& head) {
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const Head::Field field = head.field(i);
    switch (field.kind) {
      case FieldKind::kContentLength:
        if (may_have_length(head.status())) append_content_length(out, head);
        break;
      case FieldKind::kConnection:
      case FieldKind::kTransferEncoding:
      case FieldKind::kUpgrade:
      case FieldKind::kDropped:
        break;
      default:
        append_field(out, field.name, field.value);
    }
  }
}

}  // namespace

void append_request_head(std::string& out, const ForwardedRequest& request) {
  const Head& head = request.head;
  out += head.method();
  out += ' ';
  append_path(out, head);
  const std::string_view host = host_of(head);
  out += " HTTP/1.1\r\n";
  append_field(out, "Host", host);
  const Before before = append_request_fields(out, request);
  if (head.body_kind() == BodyKind::kChunked) append_field(out, "Transfer-Encoding", "chunked");
  append_forwarding(out, request, host, before);
  if (!request.traceparent.empty()) append_field(out, "traceparent", request.traceparent);
  append_upgrade(out, head);
  out += "\r\n";
}

void append_response_head(std::string& out, const ForwardedResponse& response) {
  append_status_line(out, response.head);
  append_response_fields(out, response.head);
  if (is_rechunked(response.head, response.client_minor_version)) append_field(out, "Transfer-Encoding", "chunked");
  out += response.fields;
  out += response.keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
}

void append_switching_head(std::string& out, const ForwardedResponse& response) {
  append_status_line(out, response.head);
  append_response_fields(out, response.head);
  append_upgrade(out, response.head);
  out += response.fields;
  out += "\r\n";
}

void append_interim_head(std::string& out, const Head& interim) {
  append_status_line(out, interim);
  append_response_fields(out, interim);
  out += "\r\n";
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
