// Where a burst goes, from a URL as a person writes it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "http/endpoint.hpp"

namespace tenfold::load {

struct Target {
  std::string host;  // a name or an address, to be resolved; IPv6 without brackets
  std::uint16_t port = 80;
  std::string host_field;  // as the Host header has it
  std::string path;        // and query, as the request line has them; a fragment is the client's own and not sent
};

// Reads "http://HOST[:PORT][/PATH][?QUERY][#FRAGMENT]". The error says what is wrong with it.
std::expected<Target, std::string> parse_target(const std::string& url);

// Where the target listens; of a name's addresses the first. Waits for the name server. The error says that there is no
// such host.
std::expected<http::Endpoint, std::string> resolve(const Target& target);

}  // namespace tenfold::load
