// What a replica is told: its arguments and environment, by the replica contract.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "live/provider/replica_spec.hpp"

namespace tenfold::live {

struct Contract {
  core::ReplicaId replica{};
  std::uint16_t port = 0;
  std::string socket_path;
  std::string notify_path;
  std::uint32_t concurrency = 1;
};

// What a container is told.
struct Told {
  std::vector<std::string> arguments;
  // "NAME=value" each.
  std::vector<std::string> environment;
};

// Of the program that serves: the spec's command with the contract's variables put in, `$PORT` and `${PORT}` as a shell
// would (other names and dollars stay as they are), and Tenfold's own environment without what was meant for Tenfold
// alone, the spec's variables over it, and the contract's over both.
Told tell_program(const ReplicaSpec& spec, const Contract& contract);

// The same in two parts where the program is a zygote: what it is told before it is forked, and then each replica.
Told tell_zygote(const ReplicaSpec& spec);
std::vector<std::string> tell_forked(const Contract& contract);

// Whether a variable of the contract stands in the argument, so that it differs from replica to replica.
bool names_contract(const std::string& argument);

// Of a container of the spec's that runs before it or beside it. Of the contract it has $TENFOLD_REPLICA alone: the
// others say where the program serves, and a second one that served there would take its place.
Told tell_container(const ReplicaSpec& spec, const config::Container& container, const Contract& contract);

}  // namespace tenfold::live
