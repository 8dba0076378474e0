// From a parsed file to a configuration.
#pragma once

#include "config/app_config.hpp"
#include "config/document.hpp"
#include "config/file_fault.hpp"

namespace tenfold::config {

// Applies what the document says, and adds what is wrong in it by itself: `check_together` and `finish` tell the rest.
void apply_document(AppConfig& config, Node document, Faults& faults);

}  // namespace tenfold::config
