// A program of the SDK as a zygote: base/zygote_protocol.hpp, the program's side.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

namespace tenfold {

// The socket on which this process is told to fork; nothing if it is no zygote. Takes the variable that says so out of
// the environment: what this process starts is none.
std::optional<int> zygote_socket();

// Whether a fork of this process has all of it: the error names the threads that it would not have.
std::expected<void, std::string> check_single_threaded();

enum class Fork : std::uint8_t {
  kReplica,  // this process is a replica: it has its output, its environment and its limits
  kZygote,   // this process is still the zygote, and no more replicas are wanted
};
// Forks a replica whenever it is told to, and returns in each of them.
Fork fork_replicas(int socket);

}  // namespace tenfold
