// A whole service, from its configuration to its end.
#pragma once

#include "config/app_config.hpp"

namespace tenfold::live {

// Serves `config` until SIGINT or SIGTERM, or until its replicas turn out not to start. Prints `ready: URL` on stdout
// when it accepts requests, and what happens to its replicas on stderr. Returns the exit code: 0 after an orderly end,
// 1 after a message, 130 when a second signal cut the end short.
int run_app(const config::AppConfig& config);

}  // namespace tenfold::live
