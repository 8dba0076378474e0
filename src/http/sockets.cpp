#include "http/sockets.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace tenfold::http {

namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

std::expected<Address, std::string> to_address(const Endpoint& endpoint) {
  Address made;
  if (endpoint.is_unix()) {
    auto& local = reinterpret_cast<sockaddr_un&>(made.storage);
    if (endpoint.path.size() >= sizeof local.sun_path) {
      return std::unexpected("the socket's path is longer than " + std::to_string(sizeof local.sun_path - 1) +
                             " bytes: " + endpoint.path);
    }
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, endpoint.path.data(), endpoint.path.size());
    made.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + endpoint.path.size() + 1);
    return made;
  }
  auto& v4 = reinterpret_cast<sockaddr_in&>(made.storage);
  if (inet_pton(AF_INET, endpoint.address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    made.size = sizeof v4;
    return made;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(made.storage);
  if (inet_pton(AF_INET6, endpoint.address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    made.size = sizeof v6;
    return made;
  }
  return std::unexpected("'" + endpoint.address + "' is not an IP address");
}

std::string name_of(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address.storage);
    return inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  }
  if (address.storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
    return inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  }
  return "unix";
}

void send_without_delay(int fd, int family) {
  const int on = 1;
  if (family != AF_UNIX) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::string describe_bind_error(const Endpoint& endpoint, int error) {
  const std::string where = endpoint.to_string();
  if (error == EADDRINUSE && !endpoint.is_unix()) {
    return "port " + std::to_string(endpoint.port) + " on " + endpoint.address +
           " is in use by another program; choose another, or port 0 for any free one";
  }
  if (error == EADDRINUSE) return where + " is in use by another program";
  if (error == EACCES) return "no permission to listen on " + where + "; ports below 1024 need root";
  if (error == EADDRNOTAVAIL) return endpoint.address + " is no address of this machine";
  return "cannot listen on " + where + ": " + std::strerror(error);
}

// A socket file that nobody listens on is left over from a process that was killed.
void remove_stale_socket(const Endpoint& endpoint) {
  struct stat status{};
  if (::stat(endpoint.path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  if (const auto probe = connect_to(endpoint)) {
    ::close(*probe);
  } else if (probe.error() == ECONNREFUSED) {
    ::unlink(endpoint.path.c_str());
  }
}

}  // namespace

std::optional<std::uint64_t> raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : before;
}

std::expected<int, std::string> listen_on(const Endpoint& endpoint) {
  const auto address = to_address(endpoint);
  if (!address) return std::unexpected(address.error());
  if (endpoint.is_unix()) remove_stale_socket(endpoint);
  const int fd = ::socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::unexpected("cannot make a socket: " + std::string{std::strerror(errno)});
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, address->get(), address->size) != 0 || ::listen(fd, SOMAXCONN) != 0) {
    const int error = errno;
    ::close(fd);
    return std::unexpected(describe_bind_error(endpoint, error));
  }
  return fd;
}

Endpoint bound_endpoint(int listening_fd) {
  Address address;
  address.size = sizeof address.storage;
  ::getsockname(listening_fd, address.get(), &address.size);
  if (address.storage.ss_family == AF_UNIX) {
    return Endpoint::unix_socket(reinterpret_cast<const sockaddr_un&>(address.storage).sun_path);
  }
  const bool is_v4 = address.storage.ss_family == AF_INET;
  const auto port = is_v4 ? reinterpret_cast<const sockaddr_in&>(address.storage).sin_port
                          : reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_port;
  return Endpoint::tcp(name_of(address), ntohs(port));
}

std::expected<int, int> connect_to(const Endpoint& endpoint) {
  const auto address = to_address(endpoint);
  if (!address) return std::unexpected(EINVAL);
  const int family = address->storage.ss_family;
  const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::unexpected(errno);
  send_without_delay(fd, family);
  if (::connect(fd, address->get(), address->size) == 0) return fd;
  if (errno == EINPROGRESS) return fd;
  const int error = errno;
  ::close(fd);
  return std::unexpected(error);
}

std::expected<AcceptedSocket, int> accept_from(int listening_fd) {
  Address address;
  address.size = sizeof address.storage;
  const int fd = ::accept4(listening_fd, address.get(), &address.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return std::unexpected(errno);
  const int family = address.storage.ss_family;
  send_without_delay(fd, family);
  return AcceptedSocket{fd, name_of(address)};
}

}  // namespace tenfold::http
