// What `secretRef` of a file's variables stands for.
#pragma once

#include <functional>
#include <string>

#include "config/app_config.hpp"

namespace tenfold::config {

// Sets each variable that names a secret, of all containers: from --secret, else the file's configuration.secrets. A
// variable that --env set, or that `is_set` says Tenfold's own environment has, stays as it is. What has no value
// anywhere becomes a gap.
void resolve_secrets(AppConfig& config, const std::function<bool(const std::string& name)>& is_set);

}  // namespace tenfold::config
