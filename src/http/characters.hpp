// Which bytes may stand where in a head: RFC 9110, 5.5 and 5.6.2; RFC 3986 for the target.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tenfold::http {

enum CharClass : std::uint8_t { kToken = 1, kValue = 2, kTarget = 4 };

consteval std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (int c = 0x21; c < 0x7F; ++c) classes[static_cast<std::size_t>(c)] = kValue | kTarget;
  for (int c = 0x80; c < 0x100; ++c) classes[static_cast<std::size_t>(c)] = kValue;
  classes[' '] |= kValue;
  classes['\t'] |= kValue;
  classes['#'] = kValue;  // RFC 9112, 3.2: a target has no fragment
  for (const char c : std::string_view{"!#$%&'*+-.^_`|~"}) classes[static_cast<unsigned char>(c)] |= kToken;
  for (int c = '0'; c <= '9'; ++c) classes[static_cast<std::size_t>(c)] |= kToken;
  for (int c = 'a'; c <= 'z'; ++c) classes[static_cast<std::size_t>(c)] |= kToken;
  for (int c = 'A'; c <= 'Z'; ++c) classes[static_cast<std::size_t>(c)] |= kToken;
  return classes;
}
inline constexpr auto kClasses = make_classes();

inline bool all_are(std::string_view text, CharClass wanted) {
  std::uint8_t common = 0xFF;
  for (const char c : text) common &= kClasses[static_cast<unsigned char>(c)];
  return (common & wanted) != 0;
}

inline bool is_a(char c, CharClass wanted) { return (kClasses[static_cast<unsigned char>(c)] & wanted) != 0; }

}  // namespace tenfold::http
