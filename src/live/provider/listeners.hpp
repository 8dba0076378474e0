// Where the processes of a replica listen: for the message about one that listens in the wrong place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace tenfold::live {

struct Listener {
  std::uint16_t port = 0;
  std::uint64_t inode = 0;  // of its socket
};

// The TCP ports on which `main`, its brothers and whatever they started listen, in ascending order. Reads the machine's
// process table: some milliseconds.
std::vector<std::uint16_t> listening_ports(pid_t main);

// The listening sockets of a /proc/net/tcp or tcp6, its heading included.
std::vector<Listener> parse_listeners(std::string_view table);

}  // namespace tenfold::live
