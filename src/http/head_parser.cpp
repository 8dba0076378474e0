#include "http/head_parser.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "http/authority.hpp"
#include "http/characters.hpp"
#include "http/field_names.hpp"

namespace tenfold::http {

namespace {

// The longest target that is not answered 414: half of the default head.
constexpr std::size_t kMaxTarget = std::size_t{16} << 10;

// More fields than this are an attack on whoever walks them.
constexpr std::size_t kMaxFields = 256;

// As are more names in Connection: each is compared with each field.
constexpr std::size_t kMaxNominated = 32;

std::size_t scheme_size(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (equals_ignoring_case(target.substr(0, scheme.size()), scheme)) return scheme.size();
  }
  return 0;
}

}  // namespace

Head::Part HeadParser::part(std::size_t offset, std::string_view text) {
  return {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(text.size())};
}

void HeadParser::reset(bool answers_head) {
  const char* base = head_.base_;
  std::vector<Head::FieldParts> room = std::move(head_.fields_);
  room.clear();
  head_ = Head{};
  head_.base_ = base;
  head_.fields_ = std::move(room);
  scanned_ = 0;
  line_start_ = 0;
  nominated_.clear();
  has_first_line_ = has_coding_ = has_host_ = has_upgrade_ = false;
  has_connection_close_ = has_connection_keep_alive_ = false;
  answers_head_ = answers_head;
}

HeadStatus HeadParser::parse(std::string_view bytes) {
  head_.base_ = bytes.data();
  while (scanned_ < bytes.size()) {
    const void* found = std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_);
    if (!found) {
      scanned_ = bytes.size();
      break;
    }
    const auto newline = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    scanned_ = newline + 1;
    if (newline == line_start_ || bytes[newline - 1] != '\r') {
      refuse(400, "a line ends without CR");
      return HeadStatus::kBad;
    }
    const std::size_t start = line_start_;
    line_start_ = newline + 1;
    if (line_start_ > limit_) break;
    const std::string_view line = bytes.substr(start, newline - 1 - start);
    if (line.empty() && has_first_line_) {
      head_.size_ = static_cast<std::uint32_t>(line_start_);
      return finish() ? HeadStatus::kComplete : HeadStatus::kBad;
    }
    // RFC 9112, 2.2: empty lines before a request are skipped, as many as a head may be long.
    if (line.empty() && kind_ == MessageKind::kRequest) continue;
    if (!take_line(line, start)) return HeadStatus::kBad;
  }
  if (scanned_ > limit_) {
    if (!has_first_line_ && kind_ == MessageKind::kRequest) {
      refuse(414, "the request line is too long");
    } else {
      refuse_size(limit_ % 1024 == 0 ? std::to_string(limit_ / 1024) + " KiB" : std::to_string(limit_) + " bytes");
    }
    return HeadStatus::kBad;
  }
  return HeadStatus::kIncomplete;
}

bool HeadParser::take_line(std::string_view line, std::size_t offset) {
  if (has_first_line_) return take_field(line, offset);
  has_first_line_ = true;
  return kind_ == MessageKind::kRequest ? take_request_line(line, offset) : take_status_line(line, offset);
}

// RFC 9112, 3: method SP request-target SP HTTP-version
bool HeadParser::take_request_line(std::string_view line, std::size_t offset) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return refuse(400, "the request line is not 'METHOD TARGET VERSION'");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (method.empty() || !all_are(method, kToken)) return refuse(400, "the method is not a token");
  head_.method_ = part(offset, method);
  return take_version(line.substr(last + 1)) && take_target(target, offset + first + 1);
}

bool HeadParser::take_target(std::string_view target, std::size_t offset) {
  if (target.size() > kMaxTarget) return refuse(414, "the request target is too long");
  if (target.empty() || !all_are(target, kTarget))
    return refuse(400, "the request target has a character that it must not");
  if (head_.method() == "CONNECT") return refuse(501, "CONNECT is not served here");
  head_.target_ = head_.path_ = part(offset, target);
  if (target.front() == '/' || (target == "*" && head_.method() == "OPTIONS")) return true;
  return take_url(target, offset);
}

// RFC 9110, 4.2: a URL names a host, and one that names a user as well is meant to deceive.
bool HeadParser::take_url(std::string_view url, std::size_t offset) {
  const std::size_t begin = scheme_size(url);
  if (begin == 0) return refuse(400, "the request target is neither a path nor a URL");
  const std::size_t end = std::min(url.find_first_of("/?", begin), url.size());
  const std::string_view authority = url.substr(begin, end - begin);
  if (!is_authority(authority)) return refuse(400, "the request target names no host that could be asked");
  head_.authority_ = part(offset + begin, authority);
  head_.path_ = part(offset + end, url.substr(end));
  return true;
}

// RFC 9112, 4: HTTP-version SP status-code SP [ reason-phrase ]
bool HeadParser::take_status_line(std::string_view line, std::size_t offset) {
  if (line.size() < 12 || line[8] != ' ' || (line.size() > 12 && line[12] != ' '))
    return refuse(400, "the status line is malformed");
  const char* code = line.data() + 9;
  const auto [end, error] = std::from_chars(code, code + 3, head_.status_);
  if (error != std::errc{} || end != code + 3 || head_.status_ < 100)
    return refuse(400, "the status is not a number of three digits");
  const std::string_view reason = line.size() > 13 ? line.substr(13) : std::string_view{};
  if (!all_are(reason, kValue)) return refuse(400, "the reason phrase has a control character");
  head_.target_ = part(offset + std::min<std::size_t>(13, line.size()), reason);
  return take_version(line.substr(0, 8));
}

bool HeadParser::take_version(std::string_view version) {
  const bool is_http = version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.';
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!is_http || !is_digit(version[5]) || !is_digit(version[7])) return refuse(400, "the HTTP version is malformed");
  if (version[5] != '1') return refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  head_.minor_version_ = version[7] == '0' ? 0 : 1;
  return true;
}

// RFC 9112, 5: field-name ":" OWS field-value OWS
bool HeadParser::take_field(std::string_view line, std::size_t offset) {
  if (line.front() == ' ' || line.front() == '\t') return refuse(400, "a field is folded over two lines");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return refuse(400, "a field has no colon");
  const std::string_view name = line.substr(0, colon);
  if (name.empty() || !all_are(name, kToken)) return refuse(400, "a field's name is not a token");
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!all_are(value, kValue)) return refuse(400, "a field's value has a control character");
  if (head_.fields_.size() == kMaxFields) return refuse_size(std::to_string(kMaxFields) + " fields");
  const FieldKind kind = field_kind(name);
  const auto value_offset = offset + static_cast<std::size_t>(value.data() - line.data());
  head_.fields_.push_back({.name = part(offset, name), .value = part(value_offset, value), .kind = kind});
  return take_meaning(kind, value);
}

bool HeadParser::take_meaning(FieldKind kind, std::string_view value) {
  switch (kind) {
    case FieldKind::kContentLength:
      return take_content_length(value);
    case FieldKind::kTransferEncoding:
      return take_transfer_encoding(value);
    case FieldKind::kConnection:
      return take_connection(value);
    case FieldKind::kHost:
      return take_host(value);
    case FieldKind::kUpgrade:
      return take_upgrade(value);
    case FieldKind::kExpect:
      // RFC 9110, 10.1.1: HTTP/1.0 knows no expectations.
      if (kind_ == MessageKind::kResponse || head_.minor_version_ == 0) return true;
      if (!equals_ignoring_case(value, "100-continue")) return refuse(417, "the expectation is not known");
      head_.expects_continue_ = true;
      return true;
    default:
      return true;
  }
}

// RFC 9112, 3.2. An empty Host names none, which is lawful.
bool HeadParser::take_host(std::string_view value) {
  if (kind_ == MessageKind::kResponse) return true;
  if (has_host_) return refuse(400, "Host is given twice");
  has_host_ = true;
  return value.empty() || is_authority(value) || refuse(400, "Host is not a host and a port");
}

bool HeadParser::take_upgrade(std::string_view value) {
  // Which of two would be meant is anybody's guess: then none is.
  const bool is_first = !std::exchange(has_upgrade_, true);
  head_.upgrade_ = is_first ? part(static_cast<std::size_t>(value.data() - head_.base_), value) : Head::Part{};
  return true;
}

bool HeadParser::take_content_length(std::string_view value) {
  if (head_.has_content_length_) return refuse(400, "Content-Length is given twice");
  head_.has_content_length_ = true;
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (error != std::errc{} || end != value.data() + value.size()) return refuse(400, "Content-Length is not a number");
  head_.content_length_ = length;
  return true;
}

bool HeadParser::take_transfer_encoding(std::string_view value) {
  if (has_coding_) return refuse(400, "Transfer-Encoding is given twice");
  has_coding_ = true;
  if (!equals_ignoring_case(value, "chunked")) return refuse(501, "the only transfer coding known here is chunked");
  return true;
}

bool HeadParser::take_connection(std::string_view value) {
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    const std::string_view option = trimmed(value.substr(0, comma));
    value.remove_prefix(std::min(comma + 1, value.size()));
    if (equals_ignoring_case(option, "close")) {
      has_connection_close_ = true;
    } else if (equals_ignoring_case(option, "keep-alive")) {
      has_connection_keep_alive_ = true;
    } else if (!option.empty()) {
      if (nominated_.size() == kMaxNominated)
        return refuse_size(std::to_string(kMaxNominated) + " names in Connection");
      nominated_.push_back(part(static_cast<std::size_t>(option.data() - head_.base_), option));
    }
  }
  return true;
}

// What Connection names ends here (RFC 9110, 7.6.1), if it may be named.
void HeadParser::drop_nominated() {
  for (const Head::Part nominated : nominated_) {
    const std::string_view name = head_.view(nominated);
    if (!may_be_nominated(name)) continue;
    for (Head::FieldParts& field : head_.fields_) {
      if (equals_ignoring_case(head_.view(field.name), name)) field.kind = FieldKind::kDropped;
    }
  }
}

// RFC 9110, 7.8. A switch to another version of HTTP, or to TLS, would take what follows out of our sight.
bool HeadParser::may_upgrade() const {
  if (head_.minor_version_ == 0 || head_.upgrade_.size == 0) return false;
  if (kind_ == MessageKind::kResponse) return head_.status_ == 101;
  const bool is_named_alone = nominated_.size() == 1 && equals_ignoring_case(head_.view(nominated_.front()), "upgrade");
  if (!is_named_alone || has_connection_close_ || head_.body_kind_ != BodyKind::kNone) return false;
  std::string_view protocols = head_.upgrade();
  while (!protocols.empty()) {
    const std::size_t comma = std::min(protocols.find(','), protocols.size());
    const std::string_view protocol = trimmed(protocols.substr(0, comma));
    protocols.remove_prefix(std::min(comma + 1, protocols.size()));
    const std::string_view name = protocol.substr(0, protocol.find('/'));
    for (const std::string_view ours : {"h2c", "http", "tls"}) {
      if (equals_ignoring_case(name, ours)) return false;
    }
  }
  return true;
}

// The framing that follows from the whole head: RFC 9112, 6.3.
bool HeadParser::finish() {
  if (has_coding_ && head_.has_content_length_)
    return refuse(400, "both Transfer-Encoding and Content-Length are given");
  if (has_coding_ && head_.minor_version_ == 0) return refuse(400, "HTTP/1.0 has no Transfer-Encoding");
  if (kind_ == MessageKind::kRequest && !has_host_ && head_.minor_version_ == 1) return refuse(400, "Host is missing");
  head_.keep_alive_ = !has_connection_close_ && (head_.minor_version_ == 1 || has_connection_keep_alive_);
  if (has_coding_) {
    head_.body_kind_ = BodyKind::kChunked;
  } else if (head_.has_content_length_) {
    head_.body_kind_ = head_.content_length_ > 0 ? BodyKind::kLength : BodyKind::kNone;
  } else {
    head_.body_kind_ = kind_ == MessageKind::kRequest ? BodyKind::kNone : BodyKind::kUntilClose;
  }
  const bool has_no_body = head_.status_ / 100 == 1 || head_.status_ == 204 || head_.status_ == 304 || answers_head_;
  if (kind_ == MessageKind::kResponse && has_no_body) head_.body_kind_ = BodyKind::kNone;
  if (head_.body_kind_ == BodyKind::kNone) head_.expects_continue_ = false;
  if (head_.body_kind_ == BodyKind::kUntilClose) head_.keep_alive_ = false;
  if (!may_upgrade()) head_.upgrade_ = {};
  drop_nominated();
  return true;
}

bool HeadParser::refuse(int status, std::string_view reason) {
  const std::string_view before = kind_ == MessageKind::kRequest ? "" : "its answer's head is malformed: ";
  refusal_ = {.status = status, .reason = std::string{before}.append(reason)};
  return false;
}

bool HeadParser::refuse_size(std::string_view what) {
  const std::string_view whose = kind_ == MessageKind::kRequest ? "the" : "its answer's";
  refusal_ = {.status = 431, .reason = std::string{whose}.append(" head has more than ").append(what)};
  return false;
}

}  // namespace tenfold::http
