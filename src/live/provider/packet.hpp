// A packet with descriptors over a unix socket (SCM_RIGHTS of unix(7)). Async-signal-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tenfold::live {

inline constexpr std::size_t kMaxPacketDescriptors = 5;

// Sends `size` bytes with `descriptors`, kMaxPacketDescriptors at most. False, with errno set, when nobody is there to
// take them.
bool send_packet(int socket, const void* data, std::size_t size, std::span<const int> descriptors) noexcept;

enum class Received : std::uint8_t {
  kPacket,
  kNothing,  // another size than was asked for, descriptors that did not all come, or none there for a socket that does
             // not wait
  kEnd,
};

// Takes a packet of exactly `size` bytes with no more descriptors than `descriptors` has room for; what is left of it
// is -1. They are closed by execve. `flags` as recvmsg(2) has them.
Received receive_packet(int socket, void* data, std::size_t size, std::span<int> descriptors, int flags = 0) noexcept;

}  // namespace tenfold::live
