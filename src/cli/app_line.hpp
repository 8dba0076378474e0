// The part of a command line that describes an app: its file and the flags that override it. `up`, `simulate` and
// `tune` take the same.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/App.hpp>

#include "config/app_config.hpp"

namespace tenfold::cli {

// Must outlive the command that it was added to.
class AppLine {
 public:
  // Adds `app.yaml` and a flag for each setting, but for those in `without`, which the command takes in its own way.
  void add_to(CLI::App& command, const std::vector<std::string_view>& without = {});

  // Adds the flags of prices alone.
  void add_prices_to(CLI::App& command);

  // What file and flags say, not finished: see config::finish. Each call reads the file again.
  // `base` is what is there before.
  std::expected<config::AppConfig, std::string> read(config::AppConfig base = {}) const {
    return read(file_, std::move(base));
  }
  // The same with another file; none if its name is empty.
  std::expected<config::AppConfig, std::string> read(const std::string& file, config::AppConfig base = {}) const;

  // Whether the flag is on the line.
  bool states(std::string_view flag) const;

  // Where the app comes from; empty if from flags alone.
  const std::string& file() const { return file_; }

 private:
  void add_flag(CLI::App& command, const config::Setting& setting);

  std::string file_;
  std::map<std::string_view, std::vector<std::string>> flags_;
};

}  // namespace tenfold::cli
