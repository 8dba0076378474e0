// From configuration to YAML.
#pragma once

#include <string>

#include "config/app_config.hpp"

namespace tenfold::config {

// The configuration as a file: the one that it was read from, with what flags changed; without one, what differs from
// the defaults. Azure's keys where it has them, ours for the rest. For a configuration that went through `finish`,
// reading the file and finishing gives the same configuration. What has no setting here (images, secrets, further
// containers, volumes) stays as the file has it.
std::string to_yaml(const AppConfig& config);

}  // namespace tenfold::config
