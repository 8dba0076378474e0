// What a new configuration changes in a service that runs.
#pragma once

#include <string>
#include <vector>

#include "config/app_config.hpp"

namespace tenfold::live {

struct ConfigChanges {
  // What applies now, each with its old and new value: "max replicas 10 -> 4", "policy aca -> slo".
  std::vector<std::string> applied;
  // What keeps its old value until the service starts again, by name: "port".
  std::vector<std::string> needs_restart;
};

// Takes over from `fresh` what may change while a service runs: what replicas are, limits, rules, policies and what
// feeds them, queue, slots and timeouts. All else in `running` stays as it is.
ConfigChanges take_over(config::AppConfig& running, config::AppConfig fresh);

}  // namespace tenfold::live
