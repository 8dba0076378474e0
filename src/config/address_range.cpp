#include "config/address_range.hpp"

#include <algorithm>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "config/units.hpp"

namespace tenfold::config {

namespace {

constexpr unsigned kMappedBits = 96;  // before an IPv4 address

}  // namespace

bool AddressRange::read(std::string_view address, Bytes& bytes) {
  const std::string text{address};
  if (address.find(':') != std::string_view::npos) return inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
  bytes = {};
  bytes[10] = bytes[11] = 0xFF;
  return inet_pton(AF_INET, text.c_str(), bytes.data() + 12) == 1;
}

std::expected<AddressRange, std::string> AddressRange::parse(std::string_view text) {
  AddressRange range;
  range.text_ = text;
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view address = text.substr(0, slash);
  if (!read(address, range.bytes_)) {
    return std::unexpected(fmt::format(
        "'{}' is no address and no block of addresses; write 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32", text));
  }
  if (slash == text.size()) return range;
  const bool is_v6 = address.find(':') != std::string_view::npos;
  const auto bits = parse_count(text.substr(slash + 1), 0, is_v6 ? 128 : 32);
  if (!bits) return std::unexpected(fmt::format("in '{}' {} bits", text, bits.error()));
  range.bits_ = static_cast<unsigned>(*bits) + (is_v6 ? 0 : kMappedBits);
  return range;
}

bool AddressRange::contains(std::string_view address) const {
  Bytes other{};
  if (!read(address, other)) return false;
  const unsigned whole = bits_ / 8;
  if (!std::equal(other.begin(), other.begin() + whole, bytes_.begin())) return false;
  const unsigned rest = bits_ % 8;
  return rest == 0 || ((other[whole] ^ bytes_[whole]) >> (8 - rest)) == 0;
}

bool contains(const std::vector<AddressRange>& ranges, std::string_view address) {
  return std::ranges::any_of(ranges, [address](const AddressRange& range) { return range.contains(address); });
}

}  // namespace tenfold::config
