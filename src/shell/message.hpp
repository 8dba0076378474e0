// A reader of HTTP/1.1 messages that shares nothing with the code under test: plain and strict.
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

enum class MessageKind : std::uint8_t { kRequest, kAnswer };
enum class ReadStatus : std::uint8_t { kIncomplete, kComplete, kBad };

// Looks at one message after the other, each as its bytes gather.
class MessageReader {
 public:
  explicit MessageReader(MessageKind kind) : kind_{kind} {}

  // Looks at the message at the front of `bytes`, which have only grown since the last call. `is_closed`: the peer has
  // sent FIN, so an answer without a length ends here.
  ReadStatus look(std::string_view bytes, bool is_closed = false);
  // The message that was complete is done with, and its bytes are gone from the front.
  void next();

  bool has_head() const { return has_head_; }
  // What is known of it: all when it is complete.
  const Message& message() const { return message_; }
  std::size_t memory() const { return message_.body.capacity(); }
  // What is wrong with a bad one.
  const std::string& problem() const { return problem_; }

 private:
  enum class Framing : std::uint8_t { kNone, kLength, kChunks, kUntilClose };

  ReadStatus bad(std::string problem);
  ReadStatus complete(std::size_t size);
  ReadStatus look_at_head(std::string_view bytes);
  ReadStatus frame();
  ReadStatus look_at_body(std::string_view bytes, bool is_closed);
  ReadStatus look_at_chunks(std::string_view bytes);

  MessageKind kind_;
  Framing framing_ = Framing::kNone;
  bool has_head_ = false;
  std::size_t looked_at_ = 0;  // bytes that need not be looked at again
  std::size_t length_ = 0;     // of the body, where it is told
  Message message_;
  std::string problem_;
};

}  // namespace tenfold::shell
