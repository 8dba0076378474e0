// What keeps a replica apart from the rest of its machine, and how that is written: "auto", "off", "strict", names of
// parts, and no-NAME for what is left out.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace tenfold::config {

enum class IsolationPart : std::uint8_t {
  kPrivileges = 1 << 0,    // no set-user-id program or file capability gives it more than it has
  kCapabilities = 1 << 1,  // root's, but for those that a server needs
  kSyscalls = 1 << 2,      // what no solver needs of the kernel is refused
  kProcesses = 1 << 3,     // no signal to, no look into, no abstract socket of a process outside
  kSockets = 1 << 4,       // of all sockets of replicas it sees its own
  kTmp = 1 << 5,           // /tmp and /var/tmp are its own
  kAdmin = 1 << 6,         // the admin port does not answer it
  kEnvironment = 1 << 7,   // of Tenfold's own variables it gets the few that every program needs
};

inline constexpr auto kIsolationParts =
    std::to_array<std::pair<std::string_view, IsolationPart>>({{"privileges", IsolationPart::kPrivileges},
                                                               {"capabilities", IsolationPart::kCapabilities},
                                                               {"syscalls", IsolationPart::kSyscalls},
                                                               {"processes", IsolationPart::kProcesses},
                                                               {"sockets", IsolationPart::kSockets},
                                                               {"tmp", IsolationPart::kTmp},
                                                               {"admin", IsolationPart::kAdmin},
                                                               {"environment", IsolationPart::kEnvironment}});

// A set of parts.
class IsolationParts {
 public:
  constexpr IsolationParts() = default;
  constexpr explicit IsolationParts(std::uint8_t bits) : bits_{bits} {}
  constexpr bool has(IsolationPart part) const { return (bits_ & static_cast<std::uint8_t>(part)) != 0; }
  constexpr void add(IsolationPart part) { bits_ |= static_cast<std::uint8_t>(part); }
  constexpr void remove(IsolationPart part) { bits_ &= static_cast<std::uint8_t>(~static_cast<std::uint8_t>(part)); }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr std::uint8_t bits() const { return bits_; }
  friend bool operator==(const IsolationParts&, const IsolationParts&) = default;

 private:
  std::uint8_t bits_ = 0;
};

inline constexpr IsolationParts kAllIsolation{0xff};
// The environment is not among them: programs are told by it where their libraries, licenses and proxies are.
inline constexpr IsolationParts kAutoIsolation{0x7f};

struct Isolation {
  IsolationParts wanted = kAutoIsolation;
  // Of those that are wanted: without them no replica is started. The others are left out where they cannot be had.
  IsolationParts required;
  friend bool operator==(const Isolation&, const Isolation&) = default;
};

// Reads a list with commas between its words, each of which adds to or takes from what those before it say; one that
// begins with no-NAME begins with auto.
std::expected<Isolation, std::string> parse_isolation(std::string_view text);
// The shortest text that is read as `isolation`.
std::string format_isolation(const Isolation& isolation);

}  // namespace tenfold::config
