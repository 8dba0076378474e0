// A reader of HTTP/1.1 messages that shares nothing with the code under test: plain, slow and strict.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenfold::shell {

struct Message {
  std::string first_line;
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
  std::string body;
  std::size_t size = 0;  // of all of it, in bytes

  std::optional<std::string> find(std::string_view name) const;
  std::optional<std::uint64_t> number(std::string_view name) const;
  int status() const;
  bool says_close() const;
};

enum class ReadStatus : std::uint8_t { kIncomplete, kComplete, kBad };

struct Reading {
  ReadStatus status = ReadStatus::kIncomplete;
  Message message;
  bool has_head = false;
  std::string problem;  // of a bad one
};

// The message at the front of `bytes`. `is_closed`: the peer has sent FIN, so an answer without a length ends here.
Reading read_request(std::string_view bytes);
Reading read_answer(std::string_view bytes, bool is_closed);

}  // namespace tenfold::shell
