// A parsed message head: views into the bytes that came, and what they say about the message's framing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tenfold::http {

// Fields that the framing, the connection or a proxy must know. All others are passed on unread.
enum class FieldKind : std::uint8_t {
  kOther,
  kHost,
  kConnection,
  kContentLength,
  kTransferEncoding,
  kExpect,
  kUpgrade,
  // Not for the next hop: Keep-Alive, Proxy-Connection, Proxy-Authenticate, Proxy-Authorization, TE, Trailer,
  // HTTP2-Settings, what Connection names and may name, and twins of known names spelt with an underscore.
  kDropped,
  kForwarded,
  kForwardedFor,
  kForwardedProto,
  kForwardedHost,
  kForwardedMore,  // any other X-Forwarded-*
  kRequestId,
  kTraceparent,
  kTracestate,
};

enum class BodyKind : std::uint8_t { kNone, kLength, kChunked, kUntilClose };

// Case does not matter (RFC 9110, 5.1). ASCII only.
bool equals_ignoring_case(std::string_view a, std::string_view b);
// Without the optional white space around it: blanks and tabs (RFC 9110, 5.6.3).
std::string_view trimmed(std::string_view text);

// The head of a request or a response. Its views lie in the buffer of the connection it came on and follow that buffer
// when it moves; they are valid until the message is finished.
class Head {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
    FieldKind kind;
  };

  // Of a request.
  std::string_view method() const { return view(method_); }
  std::string_view target() const { return view(target_); }
  // The target's host and port where it is a whole URL, else empty.
  std::string_view authority() const { return view(authority_); }
  // The target's path and query; may be empty, or begin with '?', where it is a whole URL.
  std::string_view path() const { return view(path_); }
  // Of a response.
  int status() const { return status_; }
  std::string_view reason() const { return view(target_); }

  // The minor version of HTTP/1.
  int minor_version() const { return minor_version_; }

  std::size_t field_count() const { return fields_.size(); }
  Field field(std::size_t i) const { return {view(fields_[i].name), view(fields_[i].value), fields_[i].kind}; }

  // The first field of that name.
  std::optional<std::string_view> find(std::string_view name) const;

  BodyKind body_kind() const { return body_kind_; }
  // A Content-Length field is there. Of an answer without a body, to a HEAD or a 304, it describes the one that is not
  // sent.
  bool has_content_length() const { return has_content_length_; }
  std::uint64_t content_length() const { return content_length_; }
  // The sender is ready for another message on the connection.
  bool keep_alive() const { return keep_alive_; }
  bool expects_continue() const { return expects_continue_; }

  // RFC 9110, 7.8. Of a request: the protocols that its client would switch to, where the switch may be passed on: it
  // is HTTP/1.1 without a body, Connection names nothing but Upgrade, and none of them is HTTP itself or TLS. Of an
  // answer with status 101: the protocol that is spoken from here on. Empty of all others.
  std::string_view upgrade() const { return view(upgrade_); }

  // The length of the head in bytes, its empty line included.
  std::size_t size() const { return size_; }

 private:
  friend class HeadParser;

  // A part of the head, as an offset from its first byte: a buffer may move.
  struct Part {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };
  struct FieldParts {
    Part name;
    Part value;
    FieldKind kind = FieldKind::kOther;
  };

  std::string_view view(Part part) const { return {base_ + part.offset, part.size}; }

  const char* base_ = nullptr;
  std::uint32_t size_ = 0;
  Part method_;
  Part target_;
  Part authority_;
  Part path_;
  Part upgrade_;
  int status_ = 0;
  int minor_version_ = 1;
  BodyKind body_kind_ = BodyKind::kNone;
  bool keep_alive_ = true;
  bool expects_continue_ = false;
  bool has_content_length_ = false;
  std::uint64_t content_length_ = 0;
  std::vector<FieldParts> fields_;  // keeps its room from message to message
};

}  // namespace tenfold::http
