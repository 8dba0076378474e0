// What `tenfold up` runs: an app's command, its limits and the core's settings, from a file and from flags.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "core/settings.hpp"
#include "core/time.hpp"

namespace tenfold::config {

struct AppConfig {
  // The replicas' program; empty for the built-in solver.
  std::vector<std::string> command;
  // The container image that a file names. It is not run here: then `command` must say what is.
  std::string image;
  std::vector<std::pair<std::string, std::string>> env;

  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  std::uint16_t admin_port = 9900;

  core::Settings core;
  // Slots are chosen by the program's CPUs: one for each whole one, at least one.
  bool is_concurrency_auto = false;
  // CPUs and memory of a replica, as it is told and as a deployment asks for.
  double cpu = 0.5;
  core::Bytes memory = core::gibibytes(1);

  core::Duration request_timeout = std::chrono::seconds{240};
  bool is_retry_safe = false;
  core::Bytes max_head = core::kibibytes(32);
  core::Bytes max_body = core::mebibytes(64);

  // A directory, "none", or empty for a new one under the default root.
  std::string journal;
  bool is_quiet = false;
};

// One setting: a flag of `up`, a key of the file, or both. The one table of them serves flags, file and help.
struct Setting {
  std::string_view flag;  // without dashes; empty if only the file has it
  std::string_view key;   // dotted path in the file; empty if only the command line has it
  std::string_view value_name;
  std::string_view help;
  std::expected<void, std::string> (*apply)(AppConfig& config, std::string_view text);
};
std::span<const Setting> settings();

// Applies a file's YAML. `name` is the file's, for errors, each of which is one line: file, line, key, what is wrong,
// and the nearest key that is known.
std::expected<void, std::string> apply_yaml(AppConfig& config, std::string_view text, std::string_view name);
std::expected<void, std::string> apply_file(AppConfig& config, const std::filesystem::path& file);

// What no single setting can say: checked when all are in. Fills in what `auto` stands for.
std::expected<void, std::string> finish(AppConfig& config);

}  // namespace tenfold::config
