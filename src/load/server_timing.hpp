// Where an answer's time went, as the server tells it.
#pragma once

#include <optional>
#include <string_view>

#include "core/time.hpp"

namespace tenfold::load {

// What Tenfold says of a request's time.
struct ServerTiming {
  core::Duration queue{};
  core::Duration cold_start{};
  core::Duration solve{};
};

// Reads the value of a Server-Timing field (W3C Server Timing): `queue;dur=1.2, coldstart;dur=0, solve;dur=40.1`, in
// milliseconds. Nothing where none of these is in it: the server is not Tenfold.
std::optional<ServerTiming> parse_server_timing(std::string_view field);

}  // namespace tenfold::load
