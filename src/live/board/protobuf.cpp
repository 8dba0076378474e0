#include "live/board/protobuf.hpp"

#include <array>
#include <bit>

namespace tenfold::live {

namespace {

enum class Wire : std::uint8_t { kVarint = 0, kFixed64 = 1, kLength = 2 };

void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void append_tag(std::string& out, std::uint32_t field, Wire wire) {
  append_varint(out, std::uint64_t{field} << 3 | static_cast<std::uint8_t>(wire));
}

// Small ones of either sign become small numbers.
std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}

}  // namespace

void ProtoMessage::number(std::uint32_t field, std::uint64_t value) {
  append_tag(bytes_, field, Wire::kVarint);
  append_varint(bytes_, value);
}

void ProtoMessage::signed_number(std::uint32_t field, std::int64_t value) { number(field, zigzag(value)); }

void ProtoMessage::real(std::uint32_t field, double value) {
  append_tag(bytes_, field, Wire::kFixed64);
  auto bits = std::bit_cast<std::uint64_t>(value);
  std::array<char, sizeof bits> little_endian{};
  for (char& byte : little_endian) {
    byte = static_cast<char>(bits);
    bits >>= 8;
  }
  bytes_.append(little_endian.data(), little_endian.size());
}

void ProtoMessage::text(std::uint32_t field, std::string_view value) {
  append_tag(bytes_, field, Wire::kLength);
  append_varint(bytes_, value.size());
  bytes_ += value;
}

void ProtoMessage::append_signed(std::string& packed, std::int64_t value) { append_varint(packed, zigzag(value)); }

void ProtoMessage::append_delimited(std::string& out) const {
  append_varint(out, bytes_.size());
  out += bytes_;
}

}  // namespace tenfold::live
