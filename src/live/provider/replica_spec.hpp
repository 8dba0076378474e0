// What a replica is: a command with its surroundings. All replicas of a revision have the same.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "config/app_config.hpp"
#include "core/time.hpp"
#include "live/provider/cgroups.hpp"

namespace tenfold::live {

struct ReplicaSpec {
  // The program and its arguments. `$PORT`, `${PORT}`, `$TENFOLD_SOCKET` and the other variables of the contract are
  // replaced inside the arguments, so that no shell is needed to pass them on.
  std::vector<std::string> argv;
  // Set over what Tenfold itself inherited.
  std::vector<std::pair<std::string, std::string>> env;
  // Of that only the few variables that every program needs.
  bool has_bare_environment = false;
  // Run one after the other before each start of the program, and beside it. Each has a command that can be run.
  std::vector<config::Container> init_containers;
  std::vector<config::Container> sidecars;
  // Working directory of all; empty for Tenfold's own.
  std::string directory;
  // How a replica is started: see start_way.hpp.
  config::ReplicaStart start = config::ReplicaStart::kAuto;
  // Told to the replica as $TENFOLD_CONCURRENCY.
  std::uint32_t concurrency = 1;
  // From its start until it must be ready; then it is killed and its start has failed.
  core::Duration start_timeout = std::chrono::seconds{60};
  // What it must pass to be ready, beside accepting a connection.
  std::vector<config::Probe> probes;
  // Where the container listens on Azure, 0 if that is not known.
  std::uint16_t target_port = 0;
  // What a replica may take.
  ReplicaLimits limits;
  // What Azure would call the revision, "app--v2"; empty where the app gives its revisions no names.
  std::string revision_name;

  friend bool operator==(const ReplicaSpec&, const ReplicaSpec&) = default;
};

// Whether the command can be run at all: asked before a service starts, so that a slip of the keyboard is one clear
// message and not a replica that fails again and again. The message says what was looked for, where, and what is
// probably meant.
std::expected<void, std::string> check_command(const ReplicaSpec& spec);

// The path, as `execve` takes it, of the program of `argv`: found along $PATH of its environment unless it has a slash.
std::expected<std::string, std::string> find_program(const std::vector<std::string>& argv, const config::Variables& env,
                                                     const std::string& directory);
std::expected<std::string, std::string> find_program(const ReplicaSpec& spec);

// Takes the containers out whose program is not on this machine, because it is in an image or nowhere, and makes each a
// gap.
void leave_out_missing(config::AppConfig& config);

}  // namespace tenfold::live
