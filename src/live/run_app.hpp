// A whole service, from its configuration to its end.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "config/app_config.hpp"
#include "live/board/board.hpp"
#include "live/what_if/question.hpp"

namespace tenfold::live {

// Where a configuration comes from, so that it can be read again.
struct ConfigSource {
  std::string name;  // the file's; empty if there is none
  // Reads a file, with the flags of the command line over it. The error is one line.
  std::function<std::expected<config::AppConfig, std::string>(const std::string& file)> read;
};

// What is wrong before there is a service, told to who started us: see ServiceManager.
void tell_service_manager(const std::string& status);

// Serves `config` until SIGINT or SIGTERM, or until its replicas turn out not to start. Prints `ready: URL` on stdout
// when it accepts requests, and what happens to its replicas on stderr. Returns the exit code: 0 after an orderly end,
// 1 after a message, 130 when a second signal cut the end short. Throws std::system_error or Boost's when the machine
// does not give descriptors, threads or processes for a start.
//
// SIGHUP reads `source` again: what changed applies without dropping a request, other replicas are a new revision that
// takes the old one's place, a configuration with an error is told and the old one stays. `tenfold deploy` does the
// same with this file or another, by the admin API. Without a file to read, or because the terminal was closed, SIGHUP
// ends the service like SIGTERM.
//
// SIGUSR2 starts the binary that lies at the same path now, which takes over when it is ready: see Upgrade.
//
// `words` makes the sentences of decisions for the live page and /status; `what_ifs` the programs that answer what
// would have been.
int run_app(const config::AppConfig& config, const ConfigSource& source = {}, DecisionWords words = {},
            WhatIfCommands what_ifs = {});

}  // namespace tenfold::live
