#include <expected>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "config/app_config.hpp"
#include "config/export_aca.hpp"

namespace tenfold::cli {

namespace {

// What is wrong wherever it runs is told here and not in the middle of a deployment.
std::expected<config::AcaFile, std::string> exported(const std::string& file) {
  const auto text = config::read_file(file);
  if (!text) return std::unexpected(text.error());
  config::AppConfig config;
  if (auto applied = config::apply_yaml(config, *text, file); !applied) return std::unexpected(applied.error());
  if (auto finished = config::finish(config); !finished) return std::unexpected(finished.error());
  return config::export_aca(*text, file);
}

int export_file(const std::string& file) {
  const auto aca = exported(file);
  if (!aca) {
    fmt::print(stderr, "tenfold export aca: {}\n", aca.error());
    return 2;
  }
  if (!aca->warnings.empty()) fmt::print(stderr, "{}\n", aca->warnings);
  fmt::print("{}", aca->yaml);
  return 0;
}

}  // namespace

void add_export_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("export", "print the app as another system takes it: aca");
  command->require_subcommand(1);
  CLI::App* aca = command->add_subcommand(
      "aca", "Azure Container Apps: the file for `az containerapp create --yaml`, without our key `tenfold`");
  auto file = std::make_shared<std::string>();
  aca->add_option("app.yaml", *file, "the app")->required();
  aca->callback([file, &exit_code] { exit_code = export_file(*file); });
}

}  // namespace tenfold::cli
