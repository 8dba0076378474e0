// What an app is called.
#pragma once

#include <string>

#include "config/app_config.hpp"

namespace tenfold::config {

// As it was said, else the name in its file, else that of its program without directories; "app" if it has none.
std::string app_name(const AppConfig& config);

// What Azure calls the revision whose suffix the file gives (`properties.template.revisionSuffix`): "app--v2". Empty
// without a suffix.
std::string revision_name(const AppConfig& config);

}  // namespace tenfold::config
