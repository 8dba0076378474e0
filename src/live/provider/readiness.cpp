#include "live/provider/readiness.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "live/provider/fd.hpp"

namespace tenfold::live {
namespace {

constexpr core::Duration kShortestPause = std::chrono::milliseconds{1};
constexpr core::Duration kLongestPause = std::chrono::milliseconds{50};

template <class Address>
bool accepts(const Address& address) {
  const Fd socket{
      ::socket(reinterpret_cast<const sockaddr&>(address).sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket) return false;
  // EAGAIN: a unix socket whose backlog is full, so somebody listens. A TCP connection over the loopback is made or
  // refused within the call.
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
}

bool accepts_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  path.copy(address.sun_path, path.size());
  return accepts(address);
}

bool accepts_tcp(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return accepts(address);
}

}  // namespace

std::optional<http::Endpoint> find_serving(const ServingPlaces& places) {
  if (accepts_unix(places.socket_path)) return http::Endpoint::unix_socket(places.socket_path);
  if (accepts_tcp(places.port)) return http::Endpoint::tcp("127.0.0.1", places.port);
  return std::nullopt;
}

core::Duration probe_pause(core::Duration age) { return std::clamp(age / 50, kShortestPause, kLongestPause); }

}  // namespace tenfold::live
