// Whether a starting replica accepts connections yet, and when to look next.
#pragma once

#include <optional>
#include <string>

#include <sys/un.h>

#include "core/time.hpp"
#include "http/endpoint.hpp"

namespace tenfold::live {

// The two places where a replica may serve.
struct ServingPlaces {
  std::string socket_path;
  std::uint16_t port = 0;
};

// Where it accepts a connection now, the unix socket before the port. Does not wait: both answer at once on one
// machine.
std::optional<http::Endpoint> find_serving(const ServingPlaces& places);

// The address of a unix socket; nothing for a path that is too long.
std::optional<sockaddr_un> unix_address(const std::string& path);
// Whether somebody listens on the unix socket.
bool accepts_unix(const std::string& path);

// The pause before the next look at a replica that has been starting for `age`: 2 % of that, so the measured cold start
// is right to about 1 %, between 1 ms and 50 ms.
core::Duration probe_pause(core::Duration age);

}  // namespace tenfold::live
