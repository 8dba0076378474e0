// Writes messages in the wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenfold::live {

class ProtoMessage {
 public:
  void number(std::uint32_t field, std::uint64_t value);
  // A sint32 or sint64.
  void signed_number(std::uint32_t field, std::int64_t value);
  void real(std::uint32_t field, double value);
  void text(std::uint32_t field, std::string_view value);
  void message(std::uint32_t field, const ProtoMessage& value) { text(field, value.bytes_); }
  // The next of a packed repeated sint64: `packed` holds those so far, and becomes a field by `text`.
  static void append_signed(std::string& packed, std::int64_t value);

  // Begins anew, in the room that it has.
  void clear() { bytes_.clear(); }

  bool is_empty() const { return bytes_.empty(); }
  // Behind its own length, as messages are told apart in a stream.
  void append_delimited(std::string& out) const;

 private:
  std::string bytes_;
};

}  // namespace tenfold::live
