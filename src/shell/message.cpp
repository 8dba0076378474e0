#include "shell/message.hpp"

#include <algorithm>
#include <charconv>

namespace tenfold::shell {

namespace {

Reading bad(std::string problem) { return {.status = ReadStatus::kBad, .problem = std::move(problem)}; }

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

// Chunks from `at` on.
Reading read_chunks(std::string_view bytes, std::size_t at, Reading reading) {
  for (;;) {
    const std::size_t line = bytes.find("\r\n", at);
    if (line == std::string_view::npos) return reading;
    const auto size = to_number(bytes.substr(at, line - at), 16);
    if (!size) return bad("a chunk's size is '" + std::string{bytes.substr(at, line - at)} + "'");
    const std::size_t data = line + 2;
    if (bytes.size() < data + *size + 2) return reading;
    if (bytes.substr(data + *size, 2) != "\r\n") return bad("a chunk does not end where it should");
    reading.message.body += bytes.substr(data, *size);
    at = data + *size + 2;
    if (*size > 0) continue;
    reading.message.size = at;
    reading.status = ReadStatus::kComplete;
    return reading;
  }
}

Reading read_head(std::string_view bytes) {
  Reading reading;
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return reading;
  std::string_view head = bytes.substr(0, end + 2);
  const auto take_line = [&head] {
    const std::size_t newline = head.find("\r\n");
    const std::string_view line = head.substr(0, newline);
    head.remove_prefix(newline + 2);
    return line;
  };
  reading.message.first_line = take_line();
  while (!head.empty()) {
    const std::string_view line = take_line();
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
      return bad("no field: '" + std::string{line.substr(0, 60)} + "'");
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    reading.message.fields.emplace_back(lower(line.substr(0, colon)), value);
  }
  reading.has_head = true;
  reading.message.size = end + 4;
  return reading;
}

// The body by its framing fields; nothing when there are none.
std::optional<Reading> read_framed(std::string_view bytes, Reading& reading) {
  const std::size_t at = reading.message.size;
  const auto coding = reading.message.find("transfer-encoding");
  const auto length = reading.message.find("content-length");
  if (coding && length) return bad("both Transfer-Encoding and Content-Length");
  if (coding)
    return *coding == "chunked" ? read_chunks(bytes, at, std::move(reading)) : bad("Transfer-Encoding: " + *coding);
  if (!length) return std::nullopt;
  const auto size = to_number(*length, 10);
  if (!size) return bad("Content-Length: " + *length);
  if (bytes.size() < at + *size) return reading;
  reading.message.body = bytes.substr(at, *size);
  reading.message.size = at + *size;
  reading.status = ReadStatus::kComplete;
  return reading;
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

Reading read_request(std::string_view bytes) {
  Reading reading = read_head(bytes);
  if (!reading.has_head) return reading;
  if (!reading.message.first_line.ends_with(" HTTP/1.1"))
    return bad("request line '" + reading.message.first_line + "'");
  if (const auto framed = read_framed(bytes, reading)) return *framed;
  reading.status = ReadStatus::kComplete;
  return reading;
}

Reading read_answer(std::string_view bytes, bool is_closed) {
  Reading reading = read_head(bytes);
  if (!reading.has_head) return reading;
  const int status = reading.message.status();
  if (status < 100) return bad("status line '" + reading.message.first_line + "'");
  if (status < 200 || status == 204 || status == 304) {
    reading.status = ReadStatus::kComplete;
    return reading;
  }
  if (const auto framed = read_framed(bytes, reading)) return *framed;
  reading.message.body = bytes.substr(reading.message.size);
  reading.message.size = bytes.size();
  if (is_closed) reading.status = ReadStatus::kComplete;
  return reading;
}

}  // namespace tenfold::shell
