// From configuration to YAML.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "config/app_config.hpp"

namespace tenfold::config {

// The file as `az containerapp create --yaml` takes it: without our key `tenfold`. Order and types of values stay,
// comments do not. `name` is the file's, for errors.
std::expected<std::string, std::string> export_aca(std::string_view text, std::string_view name);

// What differs from the defaults, as a file: Azure's keys where it has them, ours for the rest. For a configuration
// that went through `finish`, reading the file and finishing gives the same configuration; but the address of a
// metric's source and the like stand in rules, so they are there as well.
std::string to_yaml(const AppConfig& config);

}  // namespace tenfold::config
