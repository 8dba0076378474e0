#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "journal/files.hpp"
#include "report/story.hpp"

namespace tenfold::cli {

namespace {

int explain(std::string directory, bool is_json) {
  if (directory.empty()) {
    const auto newest = journal::newest_default_directory();
    if (!newest) {
      fmt::print(stderr, "tenfold explain: no service has kept a journal in {} yet; name one's directory\n",
                 journal::default_root().string());
      return 1;
    }
    directory = newest->string();
  }
  const auto story = report::tell(directory);
  if (!story) {
    fmt::print(stderr, "tenfold explain: {}\n", story.error());
    return 1;
  }
  fmt::print("{}", is_json ? report::to_json(*story) + "\n" : report::to_text(*story));
  return 0;
}

}  // namespace

void add_explain_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("explain", "tell what happened: who waited, who served, why it scaled");
  auto directory = std::make_shared<std::string>();
  auto is_json = std::make_shared<bool>(false);
  command->add_option("JOURNAL", *directory,
                      "a service's journal directory; none: that of the service that started last");
  command->add_flag("--json", *is_json, "the same facts as JSON, units in the names");
  command->footer(
      R"(Every number is measured: it comes from what the service recorded, not from how it is configured. The service may
still run. The story is that of the largest burst.

  tenfold explain
  tenfold explain ~/.local/state/tenfold/journal/20261124T101500Z-4711 --json)");
  command->callback([directory, is_json, &exit_code] { exit_code = explain(*directory, *is_json); });
}

}  // namespace tenfold::cli
