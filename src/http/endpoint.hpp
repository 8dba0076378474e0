// Where something listens: an IP address and port, or a unix socket.
#pragma once

#include <cstdint>
#include <string>

namespace tenfold::http {

struct Endpoint {
  // An IP address for TCP; empty for a unix socket.
  std::string address;
  std::uint16_t port = 0;
  // The unix socket's path; empty for TCP.
  std::string path;

  static Endpoint tcp(std::string address, std::uint16_t port) { return {std::move(address), port, {}}; }
  static Endpoint unix_socket(std::string path) { return {{}, 0, std::move(path)}; }

  bool is_unix() const { return !path.empty(); }
  // "127.0.0.1:8080", "[::1]:8080" or "unix:/run/x.sock".
  std::string to_string() const {
    if (is_unix()) return "unix:" + path;
    const bool is_v6 = address.find(':') != std::string::npos;
    return (is_v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
  }
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace tenfold::http
