#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/environment.hpp"
#include "cli/app_line.hpp"
#include "cli/commands.hpp"
#include "cli/python_package.hpp"
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
  std::unique_ptr<PythonPackage> python_package;  // made for the first configuration that needs it
  bool is_quiet = false;
};

// Its replicas are forks of one process that has imported it.
void run_python(config::AppConfig& config, const std::string& package) {
  config.command = {"python3", "-m", "tenfold", config.python};
  if (config.start == config::ReplicaStart::kAuto) config.start = config::ReplicaStart::kZygote;
  const auto stated = std::ranges::find(config.env, "PYTHONPATH", [](const auto& one) { return one.first; });
  const char* const inherited = std::getenv("PYTHONPATH");
  const std::string further = stated != config.env.end() ? stated->second : inherited ? inherited : "";
  std::erase_if(config.env, [](const auto& one) { return one.first == "PYTHONPATH"; });
  config.env.emplace_back("PYTHONPATH", further.empty() ? package : package + ":" + further);
}

// A command on the line goes over what the file says of either.
std::expected<void, std::string> choose_program(config::AppConfig& config, UpLine& line) {
  if (!line.command.empty()) {
    config.command = line.command;
    config.python.clear();
  }
  if (config.python.empty()) return {};
  try {
    if (!line.python_package) line.python_package = std::make_unique<PythonPackage>();
  } catch (const std::system_error& error) {
    return std::unexpected(error.what());
  }
  run_python(config, line.python_package->path());
  return {};
}

std::expected<config::AppConfig, std::string> to_config(UpLine& line, const std::string& file) {
  auto config = line.app.read(file);
  if (!config) return config;
  if (auto chosen = choose_program(*config, line); !chosen) return std::unexpected(chosen.error());
  if (line.is_quiet) config->log.level = config::LogLevel::kError;
  if (auto resolved = config::resolve_secrets(*config, environment_variable); !resolved)
    return std::unexpected(resolved.error());
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
  tenfold up --python app:app                                imported once, forked for each replica
  tenfold up app.yaml --max-replicas 4
  tenfold up --slo-target 200ms
  tenfold up app.yaml --policy aca                           scaled as Azure documents it
  tenfold up --scale-rule-type queueWait --scale-rule-metadata target=500ms

Durations are written 250ms, 5s, 2m; sizes 64MiB, 1Gi. Ctrl-C finishes what runs; a second one ends at once.)");
  command->callback([line, &exit_code] {
    if (line->app.states("python") && !line->command.empty()) {
      fmt::print(stderr, "tenfold up: --python says what is run; a command beside it is one too many\n");
      exit_code = 2;
      return;
    }
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
