#include "live/provider/port_pool.hpp"

#include <fstream>
#include <random>

#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "live/provider/fd.hpp"

namespace tenfold::live {
namespace {

constexpr std::uint32_t kFirstPort = 20'000;
constexpr std::uint32_t kLastPort = 65'535;
// Fewer ports than this below the kernel's range are too few: then the pool ignores the range.
constexpr std::uint32_t kEnough = 1'000;

std::uint32_t first_outgoing_port() {
  std::uint32_t first = 0;
  std::ifstream{"/proc/sys/net/ipv4/ip_local_port_range"} >> first;
  return first;
}

bool is_free(std::uint32_t port) {
  const Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_ANY);  // a listener on all addresses is in the way, too
  return socket && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

PortPool::PortPool() : first_(kFirstPort), last_(first_outgoing_port()) {
  last_ = last_ >= first_ + kEnough && last_ <= kLastPort ? last_ - 1 : kLastPort;
  // Two services on one machine begin at different places.
  std::random_device random;
  next_ = std::uniform_int_distribution{first_, last_}(random);
}

std::expected<std::uint16_t, std::string> PortPool::take() {
  for (std::uint32_t tried = first_; tried <= last_; ++tried) {
    const std::uint32_t port = next_;
    next_ = port == last_ ? first_ : port + 1;
    if (is_free(port)) return static_cast<std::uint16_t>(port);
  }
  return std::unexpected(fmt::format("no TCP port between {} and {} is free", first_, last_));
}

}  // namespace tenfold::live
