// From configuration to YAML.
#pragma once

#include <string>

#include "config/app_config.hpp"

namespace tenfold::config {

// What differs from the defaults, as a file: Azure's keys where it has them, ours for the rest. For a configuration
// that went through `finish`, reading the file and finishing gives the same configuration; but the address of a
// metric's source and the like stand in rules, so they are there as well.
std::string to_yaml(const AppConfig& config);

}  // namespace tenfold::config
