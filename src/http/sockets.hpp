// Sockets made, bound and connected: the system calls that Asio would make more of.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "http/endpoint.hpp"

namespace tenfold::http {

// Thousands of connections are thousands of descriptors: lets this process have as many as it may. What it may have
// now; nothing if that is not known.
std::optional<std::uint64_t> raise_descriptor_limit();

// A listening socket, non-blocking and closed on exec. Errors say what was wrong and what to do.
std::expected<int, std::string> listen_on(const Endpoint& endpoint);

// Where the socket listens: the real port for port 0.
Endpoint bound_endpoint(int listening_fd);

// A socket that starts to connect, without waiting: whether it stands shows when it is written. The error is an errno.
std::expected<int, int> connect_to(const Endpoint& endpoint);

struct AcceptedSocket {
  int fd = -1;
  std::string peer;
};

// The next connection of a listening socket, with TCP_NODELAY. The error is an errno.
std::expected<AcceptedSocket, int> accept_from(int listening_fd);

}  // namespace tenfold::http
