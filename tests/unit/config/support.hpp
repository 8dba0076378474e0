// Short ways to read a configuration from a file's text or from flags.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "config/app_config.hpp"

namespace tenfold::config {

// The configuration that the file's text makes, finished; `error` is empty if it is well.
struct Read {
  AppConfig config;
  std::string error;
};

inline Read read_file_text(std::string_view yaml) {
  Read read;
  auto applied = apply_yaml(read.config, yaml, "app.yaml");
  if (applied) applied = finish(read.config);
  if (!applied) read.error = applied.error();
  return read;
}

using Flags = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// As `up` applies flags: in the order of the table.
inline Read with_flags(AppConfig config, Flags flags) {
  Read read{.config = std::move(config)};
  std::expected<void, std::string> applied;
  for (const Setting& setting : settings()) {
    for (const auto& [flag, text] : flags) {
      if (applied && !setting.flag.empty() && setting.flag == flag) applied = apply_flag(read.config, setting, text);
    }
  }
  if (applied) applied = finish(read.config);
  if (!applied) read.error = applied.error();
  return read;
}

inline Read read_flags(Flags flags) { return with_flags({}, flags); }

}  // namespace tenfold::config
