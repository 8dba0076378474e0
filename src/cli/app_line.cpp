#include "cli/app_line.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace tenfold::cli {

namespace {

// The help and the default behind it.
std::string help_of(const config::Setting& setting) {
  const std::string value = setting.show ? setting.show(config::AppConfig{}) : "";
  return value.empty() ? std::string{setting.help} : fmt::format("{} [{}]", setting.help, value);
}

}  // namespace

void AppLine::add_to(CLI::App& command, const std::vector<std::string_view>& without) {
  command.add_option("app.yaml", file_, "the app as `az containerapp create --yaml` takes it; flags override it");
  for (const config::Setting& setting : config::settings()) {
    const bool is_own = std::ranges::find(without, setting.flag) != without.end();
    if (!setting.flag.empty() && !is_own) add_flag(command, setting);
  }
}

void AppLine::add_prices_to(CLI::App& command) {
  for (const config::Setting& setting : config::settings()) {
    if (setting.key.starts_with("tenfold.prices.")) add_flag(command, setting);
  }
}

void AppLine::add_flag(CLI::App& command, const config::Setting& setting) {
  command.add_option(fmt::format("--{}", setting.flag), flags_[setting.flag], help_of(setting))
      ->type_name(std::string{setting.value_name})
      ->group(std::string{setting.group})
      ->expected(1)
      ->allow_extra_args(false)  // what follows may be the file
      ->multi_option_policy(setting.is_repeatable ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
}

bool AppLine::states(std::string_view flag) const {
  const auto found = flags_.find(flag);
  return found != flags_.end() && !found->second.empty();
}

std::expected<config::AppConfig, std::string> AppLine::read(const std::string& file, config::AppConfig config) const {
  if (!file.empty()) {
    if (auto applied = config::apply_file(config, file); !applied) return std::unexpected(applied.error());
  }
  for (const config::Setting& setting : config::settings()) {
    const auto given = flags_.find(setting.flag);
    if (setting.flag.empty() || given == flags_.end()) continue;
    for (const std::string& text : given->second) {
      if (auto applied = config::apply_flag(config, setting, text); !applied) {
        return std::unexpected(fmt::format("--{}: {}", setting.flag, applied.error()));
      }
    }
  }
  return config;
}

}  // namespace tenfold::cli
