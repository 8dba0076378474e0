// What the benchmark's own programs share: sockets, and the length of an HTTP message. No code of Tenfold's.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace bench {

[[noreturn]] inline void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family = AF_INET;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

// "8080" is a port of 127.0.0.1, anything with a slash a unix socket.
inline Address parse_address(const std::string& text) {
  Address made;
  if (text.find('/') != std::string::npos) {
    auto& local = reinterpret_cast<sockaddr_un&>(made.storage);
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, text.data(), std::min(text.size(), sizeof local.sun_path - 1));
    made.size = sizeof local;
    made.family = AF_UNIX;
    return made;
  }
  auto& v4 = reinterpret_cast<sockaddr_in&>(made.storage);
  v4.sin_family = AF_INET;
  v4.sin_port = htons(static_cast<std::uint16_t>(std::atoi(text.c_str())));
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  made.size = sizeof v4;
  return made;
}

inline void no_delay(int fd, int family) {
  const int on = 1;
  if (family == AF_INET) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

inline int listen_on(const std::string& where) {
  Address address = parse_address(where);
  if (address.family == AF_UNIX) ::unlink(where.c_str());
  const int fd = ::socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, address.get(), address.size) != 0 || ::listen(fd, 4096) != 0) die(where.c_str());
  return fd;
}

// Blocking, so that it is connected when it returns.
inline int connect_to(const std::string& where) {
  Address address = parse_address(where);
  const int fd = ::socket(address.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, address.get(), address.size) != 0) die(where.c_str());
  no_delay(fd, address.family);
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

inline void watch(int epoll, int fd, void* what, unsigned events = EPOLLIN) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = what;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

// The length of the message that `bytes` begins with, or 0 if it is not all there. Knows Content-Length alone.
inline std::size_t message_length(std::string_view bytes) {
  const std::size_t head = bytes.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  std::size_t body = 0;
  for (std::size_t line = 0; line < head; line = bytes.find("\r\n", line) + 2) {
    if (::strncasecmp(bytes.data() + line, "content-length:", 15) == 0)
      body = std::strtoul(bytes.data() + line + 15, nullptr, 10);
  }
  const std::size_t all = head + 4 + body;
  return bytes.size() >= all ? all : 0;
}

inline const char* flag(int argc, char** argv, const char* name, const char* otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return argv[i + 1];
  }
  return otherwise;
}

}  // namespace bench
