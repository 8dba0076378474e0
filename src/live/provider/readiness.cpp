#include "live/provider/readiness.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "live/provider/fd.hpp"

namespace tenfold::live {
namespace {

constexpr core::Duration kShortestPause = std::chrono::milliseconds{1};
constexpr core::Duration kLongestPause = std::chrono::milliseconds{50};

// Whether a connection that was begun is made. Over the loopback that is settled when connect(2) returns, though it
// says EINPROGRESS: the answer came while the call held the socket.
bool is_connected(int socket) {
  pollfd ready{socket, POLLOUT, 0};
  return ::poll(&ready, 1, 0) == 1 && (ready.revents & (POLLERR | POLLHUP)) == 0;
}

template <class Address>
bool accepts(const Address& address) {
  const auto& generic = reinterpret_cast<const sockaddr&>(address);
  const Fd socket{::socket(generic.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket) return false;
  if (::connect(socket.get(), &generic, sizeof address) == 0) return true;
  if (errno == EINPROGRESS) return is_connected(socket.get());
  return errno == EAGAIN;  // a unix socket whose backlog is full: somebody listens
}

bool accepts_tcp(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return accepts(address);
}

}  // namespace

std::optional<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  path.copy(address.sun_path, path.size());
  return address;
}

bool accepts_unix(const std::string& path) {
  const std::optional<sockaddr_un> address = unix_address(path);
  return address && accepts(*address);
}

std::optional<http::Endpoint> find_serving(const ServingPlaces& places) {
  const bool has_socket = accepts_unix(places.socket_path);
  const bool has_port = !has_socket && accepts_tcp(places.port);
  // Who began to listen on both between the two looks is preferred on the socket all the same.
  if (has_socket || (has_port && accepts_unix(places.socket_path)))
    return http::Endpoint::unix_socket(places.socket_path);
  if (has_port) return http::Endpoint::tcp("127.0.0.1", places.port);
  return std::nullopt;
}

core::Duration probe_pause(core::Duration age) { return std::clamp(age / 50, kShortestPause, kLongestPause); }

}  // namespace tenfold::live
