// Where a burst goes, from a URL as a person writes it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace tenfold::load {

struct Target {
  std::string host;  // a name or an address, to be resolved; IPv6 without brackets
  std::uint16_t port = 80;
  std::string host_field;  // as the Host header has it
  std::string path;        // and query, as the request line has them; a fragment is the client's own and not sent
};

// Reads "http://HOST[:PORT][/PATH][?QUERY][#FRAGMENT]". The error says what is wrong with it.
std::expected<Target, std::string> parse_target(const std::string& url);

}  // namespace tenfold::load
