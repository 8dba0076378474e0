// Blocks of IP addresses, as `tenfold.trustedProxies` names them.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace tenfold::config {

// One address, or those that share its first bits: `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`.
class AddressRange {
 public:
  // The error says what is wrong and what to write.
  static std::expected<AddressRange, std::string> parse(std::string_view text);

  // Whether `address`, of either family and without a port, is one of these. What is no address, such as a unix
  // socket's peer, is in no range.
  bool contains(std::string_view address) const;

  // As it was written.
  const std::string& text() const { return text_; }

 private:
  using Bytes = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d

  static bool read(std::string_view address, Bytes& bytes);

  Bytes bytes_{};
  unsigned bits_ = 128;
  std::string text_;
};

bool contains(const std::vector<AddressRange>& ranges, std::string_view address);

}  // namespace tenfold::config
