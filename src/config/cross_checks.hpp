// Settings that are right each by itself and wrong together.
#pragma once

#include "config/app_config.hpp"
#include "config/file_fault.hpp"

namespace tenfold::config {

// Adds what is wrong, each at the line of the first of its keys that the file states. Where one of the keys has a fault
// already, nothing is said of the others: its value is not known.
void check_together(const AppConfig& config, Faults& faults);

}  // namespace tenfold::config
