#include <expected>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/advice.hpp"
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/selection_line.hpp"
#include "cli/terminal.hpp"
#include "report/requests.hpp"
#include "report/story.hpp"

namespace tenfold::cli {

namespace {

struct ExplainOptions {
  std::string directory;
  SelectionLine selection;
  std::string request;
  bool lists_requests = false;
  bool is_json = false;
  std::string svg;
  std::string html;
};

std::expected<void, std::string> write_files(const report::Story& story, const ExplainOptions& options) {
  if (!options.svg.empty()) {
    if (auto written = write_file(options.svg, report::to_svg(story)); !written) return written;
  }
  if (options.html.empty()) return {};
  return write_file(options.html, report::to_html(story));
}

// One request's life, or all of them.
int explain_requests(const ExplainOptions& options, report::Selection selection) {
  const bool is_one = !options.request.empty();
  // An id is looked for in the whole run, unless a part of it is named.
  if (is_one && selection.scope == report::Scope::kLargestBurst) selection.scope = report::Scope::kWholeRun;
  const auto told = report::tell_requests(options.directory, selection);
  if (!told) {
    fmt::print(stderr, "tenfold explain: {}\n", told.error());
    return 1;
  }
  if (is_one) {
    const auto found = told->find(options.request);
    for (const report::RequestStory* request : found) {
      fmt::print("{}\n",
                 options.is_json ? report::to_life_json(*told, *request) : report::to_life_text(*told, *request));
    }
    if (!found.empty()) return 0;
    fmt::print(stderr, "tenfold explain: no request has the number or X-Request-Id {} in {}\n", options.request,
               options.directory);
    return 1;
  }
  if (!options.is_json) fmt::print("{}\n", report::request_head());
  if (!told->story.burst) return 0;
  for (const report::RequestStory& request : told->story.burst->requests) {
    fmt::print("{}\n",
               options.is_json ? report::to_life_json(*told, request) : report::request_row(told->story, request));
  }
  return 0;
}

int explain(ExplainOptions options) {
  const auto selection = options.selection.read();
  if (!selection) {
    fmt::print(stderr, "tenfold explain: {}\n", selection.error());
    return 2;
  }
  if (options.directory.empty()) {
    const auto newest = newest_journal();
    if (!newest) {
      fmt::print(stderr, "tenfold explain: {}\n", newest.error());
      return 1;
    }
    options.directory = *newest;
  }
  if (options.lists_requests || !options.request.empty()) return explain_requests(options, *selection);
  auto story = report::tell(options.directory, *selection);
  if (!story) {
    fmt::print(stderr, "tenfold explain: {}\n", story.error());
    return 1;
  }
  add_advice(*story, options.directory);
  if (const auto written = write_files(*story, options); !written) {
    fmt::print(stderr, "tenfold explain: {}\n", written.error());
    return 1;
  }
  fmt::print("{}", options.is_json ? report::to_json(*story) + "\n" : report::to_text(*story, terminal_width()));
  return 0;
}

}  // namespace

void add_explain_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("explain", "tell what happened: who waited, who served, why it scaled");
  auto options = std::make_shared<ExplainOptions>();
  command->add_option("JOURNAL", options->directory,
                      "a service's journal directory; none: that of the service that started last");
  options->selection.add_to(*command);
  auto* request =
      command
          ->add_option("--request", options->request, "instead: the life of one request, by its number or X-Request-Id")
          ->type_name("ID");
  command->add_flag("--requests", options->lists_requests, "instead: a line for each request")->excludes(request);
  command->add_flag("--json", options->is_json, "the same facts as JSON, units in the names; of requests a line each");
  command->add_option("--svg", options->svg, "also write the chart of every request and replica to this file")
      ->type_name("FILE");
  command->add_option("--html", options->html, "also write the story with its chart as one page to this file")
      ->type_name("FILE");
  command->footer(
      R"(Every number is measured: it comes from what the service recorded, not from how it is configured. The service may
still run. A burst ends where the service was empty
for longer than ten times the median time between two arrivals, half a second at least and a minute at most.

  tenfold explain                         the service that started last: its largest burst, and which there are
  tenfold explain --last
  tenfold explain --request 57            or the id in the X-Request-Id that its client sent or its replica got
  tenfold explain --requests --json
  tenfold explain --from 2026-11-24T10:15:00Z --to 2026-11-24T10:30:00Z
  tenfold explain ~/.local/state/tenfold/journal/20261124T101500Z-4711 --json
  tenfold explain --html burst.html)");
  command->callback([options, &exit_code] { exit_code = explain(*options); });
}

}  // namespace tenfold::cli
