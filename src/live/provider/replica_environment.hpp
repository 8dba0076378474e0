// What a replica is told: its arguments and environment, by the replica contract.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "live/provider/process_spec.hpp"

namespace tenfold::live {

struct Contract {
  core::ReplicaId replica{};
  std::uint16_t port = 0;
  std::string socket_path;
  std::string notify_path;
  std::uint32_t concurrency = 1;
};

// The spec's command with the contract's variables put in: `$PORT` and `${PORT}` as a shell would. Other names and
// dollars stay as they are.
std::vector<std::string> replica_arguments(const ProcessSpec& spec, const Contract& contract);

// "NAME=value" each: Tenfold's own environment without what was meant for Tenfold alone, the spec's variables over it,
// and the contract's over both.
std::vector<std::string> replica_environment(const ProcessSpec& spec, const Contract& contract);

}  // namespace tenfold::live
