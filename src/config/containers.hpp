// The containers of a file: the one that serves, those that run before it, and those beside it.
#pragma once

#include "config/app_config.hpp"
#include "config/document.hpp"
#include "config/file_fault.hpp"

namespace tenfold::config {

// Takes the containers' programs and variables, and the secrets. The file's shape has been checked.
void read_containers(AppConfig& config, const Node& file, Faults& faults);

}  // namespace tenfold::config
