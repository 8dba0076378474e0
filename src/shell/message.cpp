#include "shell/message.hpp"

#include <algorithm>
#include <charconv>

namespace tenfold::shell {

namespace {

std::string lower(std::string_view text) {
  std::string made{text};
  std::ranges::transform(made, made.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return made;
}

std::optional<std::uint64_t> to_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::string> Message::find(std::string_view name) const {
  std::optional<std::string> found;
  for (const auto& [field, value] : fields) {
    if (field == name) found = found ? *found + ", " + value : value;
  }
  return found;
}

std::optional<std::uint64_t> Message::number(std::string_view name) const {
  const auto value = find(name);
  return value ? to_number(*value, 10) : std::nullopt;
}

int Message::status() const {
  return first_line.size() < 12
             ? 0
             : static_cast<int>(to_number(std::string_view{first_line}.substr(9, 3), 10).value_or(0));
}

bool Message::says_close() const {
  const auto connection = find("connection");
  return connection && lower(*connection).find("close") != std::string::npos;
}

ReadStatus MessageReader::look(std::string_view bytes, bool is_closed) {
  if (!has_head_) {
    if (const ReadStatus status = look_at_head(bytes); status != ReadStatus::kComplete) return status;
  }
  return look_at_body(bytes, is_closed);
}

void MessageReader::next() {
  has_head_ = false;
  looked_at_ = length_ = 0;
  Message fresh;
  std::swap(message_, fresh);  // an assignment would keep the body's memory
}

ReadStatus MessageReader::bad(std::string problem) {
  problem_ = std::move(problem);
  return ReadStatus::kBad;
}

ReadStatus MessageReader::complete(std::size_t size) {
  message_.size = size;
  return ReadStatus::kComplete;
}

ReadStatus MessageReader::look_at_head(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n", looked_at_ - std::min<std::size_t>(looked_at_, 3));
  looked_at_ = bytes.size();
  if (end == std::string_view::npos) return ReadStatus::kIncomplete;
  std::string_view head = bytes.substr(0, end + 2);
  const auto take_line = [&head] {
    const std::size_t newline = head.find("\r\n");
    const std::string_view line = head.substr(0, newline);
    head.remove_prefix(newline + 2);
    return line;
  };
  message_.first_line = take_line();
  while (!head.empty()) {
    const std::string_view line = take_line();
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
      return bad("no field: '" + std::string{line.substr(0, 60)} + "'");
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    message_.fields.emplace_back(lower(line.substr(0, colon)), value);
  }
  has_head_ = true;
  looked_at_ = end + 4;
  return frame();
}

// Where the body ends, by the fields that say so.
ReadStatus MessageReader::frame() {
  const int status = kind_ == MessageKind::kAnswer ? message_.status() : 0;
  if (kind_ == MessageKind::kRequest && !message_.first_line.ends_with(" HTTP/1.1"))
    return bad("request line '" + message_.first_line + "'");
  if (kind_ == MessageKind::kAnswer && status < 100) return bad("status line '" + message_.first_line + "'");
  const auto coding = message_.find("transfer-encoding");
  const auto length = message_.find("content-length");
  const bool has_no_body = kind_ == MessageKind::kAnswer && (status < 200 || status == 204 || status == 304);
  if (coding && length) return bad("both Transfer-Encoding and Content-Length");
  if (coding && *coding != "chunked") return bad("Transfer-Encoding: " + *coding);
  const auto size = length ? to_number(*length, 10) : std::nullopt;
  if (length && !size) return bad("Content-Length: " + *length);
  length_ = static_cast<std::size_t>(size.value_or(0));
  framing_ = has_no_body                     ? Framing::kNone
             : coding                        ? Framing::kChunks
             : length                        ? Framing::kLength
             : kind_ == MessageKind::kAnswer ? Framing::kUntilClose
                                             : Framing::kNone;
  return ReadStatus::kComplete;
}

ReadStatus MessageReader::look_at_body(std::string_view bytes, bool is_closed) {
  switch (framing_) {
    case Framing::kNone:
      return complete(looked_at_);
    case Framing::kLength:
      if (bytes.size() < looked_at_ + length_) return ReadStatus::kIncomplete;
      message_.body = bytes.substr(looked_at_, length_);
      return complete(looked_at_ + length_);
    case Framing::kChunks:
      return look_at_chunks(bytes);
    case Framing::kUntilClose:
      if (!is_closed) return ReadStatus::kIncomplete;
      message_.body = bytes.substr(looked_at_);
      return complete(bytes.size());
  }
  return ReadStatus::kIncomplete;
}

ReadStatus MessageReader::look_at_chunks(std::string_view bytes) {
  for (;;) {
    const std::size_t line = bytes.find("\r\n", looked_at_);
    if (line == std::string_view::npos) return ReadStatus::kIncomplete;
    const auto size = to_number(bytes.substr(looked_at_, line - looked_at_), 16);
    if (!size) return bad("a chunk's size is '" + std::string{bytes.substr(looked_at_, line - looked_at_)} + "'");
    const std::size_t data = line + 2;
    if (bytes.size() < data + *size + 2) return ReadStatus::kIncomplete;
    if (bytes.substr(data + *size, 2) != "\r\n") return bad("a chunk does not end where it should");
    message_.body += bytes.substr(data, *size);
    looked_at_ = data + *size + 2;
    if (*size == 0) return complete(looked_at_);
  }
}

}  // namespace tenfold::shell
