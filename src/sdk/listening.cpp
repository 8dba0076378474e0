#include "sdk/listening.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

namespace tenfold {

namespace {

constexpr std::uint16_t kDefaultPort = 8000;
constexpr int kFirstInherited = 3;  // sd_listen_fds(3)

// The variable's value; empty where it is not set.
std::string_view value_of(const Surroundings& surroundings, const char* name) {
  const char* value = surroundings.variable(name);
  return value == nullptr ? "" : value;
}

std::expected<std::uint16_t, std::string> port_of(std::string_view text) {
  if (text.empty()) return kDefaultPort;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error == std::errc{} && end == text.data() + text.size()) return port;
  return std::unexpected(fmt::format("$PORT is '{}', which is no port", text));
}

bool is_address(const std::string& text) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET, text.c_str(), &ignored) == 1 || ::inet_pton(AF_INET6, text.c_str(), &ignored) == 1;
}

bool is_in_container(const Surroundings& surroundings) {
  if (!value_of(surroundings, "TENFOLD_REPLICA").empty()) return false;
  const std::initializer_list<const char*> variables{"KUBERNETES_SERVICE_HOST", "CONTAINER_APP_NAME", "K_SERVICE"};
  const std::initializer_list<const char*> files{"/.dockerenv", "/run/.containerenv"};
  return std::ranges::any_of(variables, [&](const char* name) { return !value_of(surroundings, name).empty(); }) ||
         std::ranges::any_of(files, [&](const char* path) { return surroundings.file_exists(path); });
}

}  // namespace

Surroundings real_surroundings() {
  return {.variable = [](const char* name) -> const char* { return std::getenv(name); },
          .file_exists = [](const char* path) { return ::access(path, F_OK) == 0; }};
}

std::expected<std::variant<Inherited, std::vector<http::Endpoint>>, std::string> where_to_serve(
    const Surroundings& surroundings) {
  using Endpoints = std::vector<http::Endpoint>;
  if (const auto path = value_of(surroundings, "TENFOLD_SOCKET"); !path.empty()) {
    return Endpoints{http::Endpoint::unix_socket(std::string{path})};
  }
  if (const char* fds = surroundings.variable("LISTEN_FDS"); fds != nullptr && std::atoi(fds) > 0) {
    return Inherited{kFirstInherited};
  }
  const auto port = port_of(value_of(surroundings, "PORT"));
  if (!port) return std::unexpected(port.error());
  if (const std::string address{value_of(surroundings, "TENFOLD_ADDRESS")}; !address.empty()) {
    if (is_address(address)) return Endpoints{http::Endpoint::tcp(address, *port)};
    return std::unexpected(fmt::format("$TENFOLD_ADDRESS is '{}', which is no IP address; 0.0.0.0 is all", address));
  }
  if (!is_in_container(surroundings)) return Endpoints{http::Endpoint::tcp("127.0.0.1", *port)};
  // "::" takes IPv4 as well; a kernel without IPv6 has the other only.
  return Endpoints{http::Endpoint::tcp("::", *port), http::Endpoint::tcp("0.0.0.0", *port)};
}

}  // namespace tenfold
