#include "live/provider/packet.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <unistd.h>

namespace tenfold::live {
namespace {

constexpr std::size_t kSpace = CMSG_SPACE(kMaxPacketDescriptors * sizeof(int));

}  // namespace

bool send_packet(int socket, const void* data, std::size_t size, std::span<const int> descriptors) noexcept {
  alignas(cmsghdr) char space[kSpace] = {};
  iovec part{const_cast<void*>(data), size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = space;
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
}

Received receive_packet(int socket, void* data, std::size_t size, std::span<int> descriptors, int flags) noexcept {
  std::ranges::fill(descriptors, -1);
  alignas(cmsghdr) char space[kSpace] = {};
  iovec part{data, size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  ssize_t n = 0;
  do {
    n = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
  } while (n < 0 && errno == EINTR);
  if (n == 0) return Received::kEnd;
  if (n < 0) return errno == EAGAIN ? Received::kNothing : Received::kEnd;

  std::array<int, kMaxPacketDescriptors> came{};
  std::size_t count = 0;
  if (const cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    std::memcpy(came.data(), CMSG_DATA(header), count * sizeof(int));
  }
  const bool is_whole =
      n == static_cast<ssize_t>(size) && (message.msg_flags & MSG_CTRUNC) == 0 && count <= descriptors.size();
  for (std::size_t i = 0; i < count; ++i) is_whole ? void(descriptors[i] = came[i]) : void(::close(came[i]));
  return is_whole ? Received::kPacket : Received::kNothing;
}

}  // namespace tenfold::live
