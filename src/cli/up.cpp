#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/app_line.hpp"
#include "cli/commands.hpp"
#include "cli/what_if_command.hpp"
#include "config/app_config.hpp"
#include "config/secrets.hpp"
#include "live/run_app.hpp"
#include "report/story.hpp"

namespace tenfold::cli {

namespace {

struct UpLine {
  AppLine app;
  std::vector<std::string> command;
  bool is_quiet = false;
};

std::expected<config::AppConfig, std::string> to_config(const UpLine& line, const std::string& file) {
  auto config = line.app.read(file);
  if (!config) return config;
  if (!line.command.empty()) config->command = line.command;
  if (line.is_quiet) config->log.level = config::LogLevel::kError;
  config::resolve_secrets(*config, [](const std::string& name) { return std::getenv(name.c_str()) != nullptr; });
  if (auto finished = config::finish(*config); !finished) return std::unexpected(finished.error());
  if (auto runnable = config::check_runnable(*config); !runnable) return std::unexpected(runnable.error());
  if (config->command.empty()) {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error)
      return std::unexpected(fmt::format("the built-in solver is not found: /proc/self/exe: {}", error.message()));
    config->command = {self.string(), "solver"};
  }
  return config;
}

}  // namespace

void add_up_command(CLI::App& app, std::vector<std::string> program, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("up", "serve an app: an ingress with one queue before replicas that come and go");
  auto line = std::make_shared<UpLine>();
  line->command = std::move(program);
  line->app.add_to(*command);
  command->add_flag("--quiet", line->is_quiet,
                    "say nothing but `ready` and errors: as --log-level error, and replicas neither");
  command->footer(
      R"(The program serves HTTP at the unix socket $TENFOLD_SOCKET, or at 127.0.0.1:$PORT; both can stand in its arguments.

  tenfold up                                                 the built-in solver, 2 to 10 replicas
  tenfold up -- ./my_solver                                  a program of your own
  tenfold up --concurrency 4 -- uvicorn app:app --uds '$TENFOLD_SOCKET'
  tenfold up app.yaml --max-replicas 4
  tenfold up --slo-target 200ms
  tenfold up app.yaml --policy aca                           scaled as Azure documents it
  tenfold up --scale-rule-type queueWait --scale-rule-metadata target=500ms

Durations are written 250ms, 5s, 2m; sizes 64MiB, 1Gi. Ctrl-C finishes what runs; a second one ends at once.)");
  command->callback([line, &exit_code] {
    const auto config = to_config(*line, line->app.file());
    if (!config) {
      fmt::print(stderr, "tenfold up: {}\n", config.error());
      live::tell_service_manager(config.error());
      exit_code = 2;
      return;
    }
    const live::ConfigSource source{.name = line->app.file(),
                                    .read = [line](const std::string& file) { return to_config(*line, file); }};
    exit_code = live::run_app(*config, source, report::to_sentence, what_if_command);
  });
}

}  // namespace tenfold::cli
