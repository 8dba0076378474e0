// The strict half of HTTP/1: where a head begins and ends, and how long its body is. Sans-I/O; server, client, load
// generator and fuzzers share it, so the rules stand in one place.
//
// What is lenient elsewhere is an error here, because a lenient proxy before another parser is a smuggler's tool
// (RFC 9112, 11.2): Content-Length beside Transfer-Encoding, repeated or malformed lengths, any transfer coding but one
// `chunked`, bare CR or LF, folded fields, space before a colon, control characters, a missing, repeated or malformed
// Host.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/head.hpp"

namespace tenfold::http {

enum class MessageKind : std::uint8_t { kRequest, kResponse };

enum class HeadStatus : std::uint8_t { kIncomplete, kComplete, kBad };

// Why a message is refused: the status to answer with, and what was wrong in words. Of an answer the words are such as
// "its answer's head has more than 32 KiB".
struct Refusal {
  int status = 400;
  std::string reason;
};

// Parses one head at a time. `parse` is called with all of its bytes that are there, again when more have come.
class HeadParser {
 public:
  explicit HeadParser(MessageKind kind, std::size_t limit) : kind_{kind}, limit_{limit} {}

  // Forgets the head and waits for the next. `answers_head` is for responses: the request was a HEAD, so no body
  // follows.
  void reset(bool answers_head = false);

  // `bytes` begins where the head does and holds at least what it held in the call before. Looks at each byte once.
  HeadStatus parse(std::string_view bytes);

  // Complete: the head; its first byte is that of the last `bytes`.
  const Head& head() const { return head_; }
  // Bad: why.
  const Refusal& refusal() const { return refusal_; }
  // Whether anything of the head was seen, empty lines before it aside: then it must come to its end in time.
  bool has_begun() const { return scanned_ > line_start_ || has_first_line_; }

  // The buffer moved: the head begins at `base` now.
  void rebase(const char* base) { head_.base_ = base; }

 private:
  static Head::Part part(std::size_t offset, std::string_view text);
  bool take_line(std::string_view line, std::size_t offset);
  bool take_request_line(std::string_view line, std::size_t offset);
  bool take_status_line(std::string_view line, std::size_t offset);
  bool take_version(std::string_view version);
  bool take_target(std::string_view target, std::size_t offset);
  bool take_url(std::string_view url, std::size_t offset);
  bool take_field(std::string_view line, std::size_t offset);
  bool take_meaning(FieldKind kind, std::string_view value);
  bool take_content_length(std::string_view value);
  bool take_transfer_encoding(std::string_view value);
  bool take_connection(std::string_view value);
  bool take_host(std::string_view value);
  bool take_upgrade(std::string_view value);
  void drop_nominated();
  bool may_upgrade() const;
  bool finish();
  bool refuse(int status, std::string_view reason);
  bool refuse_size(std::string_view what);

  MessageKind kind_;
  std::size_t limit_;
  Head head_;
  Refusal refusal_;
  std::vector<Head::Part> nominated_;  // what Connection names, as it stands in the head
  std::size_t scanned_ = 0;            // bytes looked at
  std::size_t line_start_ = 0;         // of the line under way
  bool has_first_line_ = false;
  bool has_coding_ = false;
  bool has_connection_close_ = false;
  bool has_connection_keep_alive_ = false;
  bool has_host_ = false;
  bool has_upgrade_ = false;
  bool answers_head_ = false;
};

}  // namespace tenfold::http
