// Where a program of the SDK serves, from its environment.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "http/endpoint.hpp"

namespace tenfold {

// A listening socket that was handed over (systemd's LISTEN_FDS).
struct Inherited {
  int fd = -1;
};

// What of the process's surroundings decides.
struct Surroundings {
  // Null where a variable is not set.
  std::function<const char*(const char* name)> variable;
  std::function<bool(const char* path)> file_exists;
};
Surroundings real_surroundings();

// Where to serve: the first of these that can be listened on. In this order:
// - the unix socket $TENFOLD_SOCKET;
// - a socket that was handed over;
// - $PORT, else port 8000, at $TENFOLD_ADDRESS; without that at 127.0.0.1, but at all addresses in a container.
//
// "In a container" is a program that Tenfold did not start (no $TENFOLD_REPLICA) and that sees one of: the variables
// KUBERNETES_SERVICE_HOST, CONTAINER_APP_NAME (Azure Container Apps), K_SERVICE (Cloud Run); the files /.dockerenv,
// /run/.containerenv (Podman). There, who calls comes from outside, and nobody else can.
std::expected<std::variant<Inherited, std::vector<http::Endpoint>>, std::string> where_to_serve(
    const Surroundings& surroundings);

}  // namespace tenfold
