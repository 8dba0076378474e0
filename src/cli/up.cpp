#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "config/app_config.hpp"
#include "live/run_app.hpp"

namespace tenfold::cli {

namespace {

// What the command line held, before it becomes a configuration.
struct UpLine {
  std::string file;
  std::vector<std::string> command;
  std::map<std::string_view, std::vector<std::string>> flags;
  bool is_quiet = false;
};

std::expected<config::AppConfig, std::string> to_config(const UpLine& line) {
  config::AppConfig config;
  if (!line.file.empty()) {
    if (auto applied = config::apply_file(config, line.file); !applied) return std::unexpected(applied.error());
  }
  for (const config::Setting& setting : config::settings()) {
    const auto given = line.flags.find(setting.flag);
    if (setting.flag.empty() || given == line.flags.end()) continue;
    for (const std::string& text : given->second) {
      if (auto applied = setting.apply(config, text); !applied) {
        return std::unexpected(fmt::format("--{}: {}", setting.flag, applied.error()));
      }
    }
  }
  if (!line.command.empty()) config.command = line.command;
  config.is_quiet = line.is_quiet;
  if (auto finished = config::finish(config); !finished) return std::unexpected(finished.error());
  if (config.command.empty()) config.command = {std::filesystem::read_symlink("/proc/self/exe").string(), "solver"};
  return config;
}

}  // namespace

void add_up_command(CLI::App& app, std::vector<std::string> program, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("up", "serve an app: an ingress with one queue before replicas that come and go");
  auto line = std::make_shared<UpLine>();
  line->command = std::move(program);
  command->add_option("app.yaml", line->file, "the app as `az containerapp create --yaml` takes it; flags override it");
  for (const config::Setting& setting : config::settings()) {
    if (setting.flag.empty()) continue;
    command->add_option("--" + std::string{setting.flag}, line->flags[setting.flag], std::string{setting.help})
        ->type_name(std::string{setting.value_name})
        ->expected(1)
        ->multi_option_policy(setting.flag == "env" ? CLI::MultiOptionPolicy::TakeAll
                                                    : CLI::MultiOptionPolicy::TakeLast);
  }
  command->add_flag("--quiet", line->is_quiet, "say nothing but `ready` and errors");
  command->footer(
      R"(The program serves HTTP at the unix socket $TENFOLD_SOCKET, or at 127.0.0.1:$PORT; both can stand in its arguments.

  tenfold up                                                 the built-in solver, 2 to 10 replicas
  tenfold up -- ./my_solver                                  a program of your own
  tenfold up --concurrency 4 -- uvicorn app:app --uds '$TENFOLD_SOCKET'
  tenfold up app.yaml --max-replicas 4

Durations are written 250ms, 5s, 2m; sizes 64MiB, 1Gi. Ctrl-C finishes what runs; a second one ends at once.)");
  command->callback([line, &exit_code] {
    const auto config = to_config(*line);
    if (!config) {
      fmt::print(stderr, "tenfold up: {}\n", config.error());
      exit_code = 2;
      return;
    }
    exit_code = live::run_app(*config);
  });
}

}  // namespace tenfold::cli
