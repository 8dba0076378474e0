#include "http/authority.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

namespace tenfold::http {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// RFC 3986, 2.2 and 2.3: unreserved and sub-delims.
bool is_plain(char c) {
  constexpr std::string_view kOthers = "-._~!$&'()*+,;=";
  return is_letter(c) || is_digit(c) || kOthers.find(c) != std::string_view::npos;
}

bool is_registered_name(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (is_plain(name[i])) continue;
    const bool is_encoded = name[i] == '%' && name.size() - i > 2 && is_hex(name[i + 1]) && is_hex(name[i + 2]);
    if (!is_encoded) return false;
    i += 2;
  }
  return !name.empty();
}

// What stands in the brackets. IPvFuture has no address family that anybody could be asked by.
bool is_ip_literal(std::string_view literal) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (literal.size() >= text.size()) return false;
  std::ranges::copy(literal, text.begin());
  in6_addr address{};
  return inet_pton(AF_INET6, text.data(), &address) == 1;
}

}  // namespace

bool is_authority(std::string_view text) {
  const bool is_bracketed = text.starts_with('[');
  const std::size_t end = is_bracketed ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string_view::npos) return false;
  const std::string_view port = text.substr(is_bracketed ? end + 1 : end);
  if (!port.empty() && (port.front() != ':' || !std::ranges::all_of(port.substr(1), is_digit))) return false;
  return is_bracketed ? is_ip_literal(text.substr(1, end - 1)) : is_registered_name(text.substr(0, end));
}

}  // namespace tenfold::http
