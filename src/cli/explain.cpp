#include <expected>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/advice.hpp"
#include "cli/app_line.hpp"
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/selection_line.hpp"
#include "cli/terminal.hpp"
#include "report/requests.hpp"
#include "report/sides.hpp"
#include "report/story.hpp"

namespace tenfold::cli {

namespace {

struct ExplainOptions {
  std::vector<std::string> journals;  // none, one or two
  SelectionLine selection;
  AppLine prices;
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
int explain_requests(const ExplainOptions& options, const JournalPart& journal) {
  const bool is_one = !options.request.empty();
  report::Selection selection = journal.selection;
  // An id is looked for in the whole run, unless a part of it is named.
  if (is_one && selection.scope == report::Scope::kLargestBurst) selection.scope = report::Scope::kWholeRun;
  bool is_found = false;
  const auto visit = [&](const report::Story& story, const report::ToldRequest& told) {
    const bool is_first = !std::exchange(is_found, true);
    if (is_first && !is_one && !options.is_json) fmt::print("{}\n", report::request_head());
    fmt::print("{}\n", options.is_json ? report::to_life_json(story, told)
                       : is_one        ? report::to_life_text(story, told)
                                       : report::request_row(story, told.request));
  };
  const auto story = is_one ? report::tell_request(journal.directory, selection, options.request, visit)
                            : report::tell_requests(journal.directory, selection, visit);
  if (!story) {
    fmt::print(stderr, "tenfold explain: {}\n", story.error());
    return 1;
  }
  if (is_found || !is_one) return 0;
  fmt::print(stderr, "tenfold explain: no request has the number or X-Request-Id {} in {}\n", options.request,
             journal.directory);
  return 1;
}

int explain_one(const ExplainOptions& options, const JournalPart& journal) {
  auto story = report::tell(journal.directory, journal.selection);
  if (!story) {
    fmt::print(stderr, "tenfold explain: {}\n", story.error());
    return 1;
  }
  const auto priced = options.prices.read(config::AppConfig{.prices = story->prices});
  if (!priced) {
    fmt::print(stderr, "tenfold explain: {}\n", priced.error());
    return 2;
  }
  story->prices = *priced->prices;
  add_advice(*story, journal.directory);
  if (const auto written = write_files(*story, options); !written) {
    fmt::print(stderr, "tenfold explain: {}\n", written.error());
    return 1;
  }
  fmt::print("{}", options.is_json ? report::to_json(*story) + "\n" : report::to_text(*story, terminal_width()));
  return 0;
}

// The story of a journal in which something arrived.
std::expected<report::Side, std::string> side_of(const std::string& name, const JournalPart& journal) {
  auto story = report::tell(journal.directory, journal.selection);
  if (!story) return std::unexpected(story.error());
  if (!story->burst) return std::unexpected(fmt::format("{}: no request arrived", name));
  return report::Side{.name = name, .story = std::move(*story)};
}

int explain_sides(const ExplainOptions& options, const std::vector<JournalPart>& journals) {
  std::vector<report::Side> sides;
  sides.reserve(journals.size());
  for (std::size_t i = 0; i < journals.size(); ++i) {
    auto side = side_of(options.journals[i], journals[i]);
    if (!side) {
      fmt::print(stderr, "tenfold explain: {}\n", side.error());
      return 1;
    }
    sides.push_back(std::move(*side));
  }
  if (!options.html.empty()) {
    std::vector<report::Summary> summaries;
    summaries.reserve(sides.size());
    for (const report::Side& side : sides) summaries.push_back(report::summarize(side));
    if (const auto written = write_file(options.html, report::to_sides_html(sides, summaries)); !written) {
      fmt::print(stderr, "tenfold explain: {}\n", written.error());
      return 1;
    }
  }
  fmt::print("{}", options.is_json ? report::to_sides_json(sides[0], sides[1]) + "\n"
                                   : report::to_sides_text(sides[0], sides[1], terminal_width()));
  return 0;
}

// Which journals, with what is selected of them: those that are named, or else the `newest`.
std::expected<std::vector<JournalPart>, std::string> parts_of(const ExplainOptions& options,
                                                              const std::string& newest) {
  const auto selection = options.selection.read();
  if (!selection) return std::unexpected(selection.error());
  if (options.journals.empty()) return std::vector{JournalPart{.directory = newest, .selection = *selection}};
  std::vector<JournalPart> parts;
  parts.reserve(options.journals.size());
  for (const std::string& text : options.journals) {
    auto part = read_part(text, *selection);
    if (!part) return std::unexpected(part.error());
    parts.push_back(std::move(*part));
  }
  return parts;
}

int explain(const ExplainOptions& options) {
  const auto newest = options.journals.empty() ? newest_journal() : std::string{};
  if (!newest) {
    fmt::print(stderr, "tenfold explain: {}\n", newest.error());
    return 1;
  }
  const auto parts = parts_of(options, *newest);
  if (!parts) {
    fmt::print(stderr, "tenfold explain: {}\n", parts.error());
    return 2;
  }
  const bool is_of_requests = options.lists_requests || !options.request.empty();
  if (parts->size() == 1)
    return is_of_requests ? explain_requests(options, parts->front()) : explain_one(options, parts->front());
  if (is_of_requests || !options.svg.empty()) {
    fmt::print(stderr, "tenfold explain: --requests, --request and --svg are of one journal\n");
    return 2;
  }
  return explain_sides(options, *parts);
}

}  // namespace

void add_explain_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("explain", "tell what happened: who waited, who served, why it scaled");
  auto options = std::make_shared<ExplainOptions>();
  command
      ->add_option("JOURNAL", options->journals,
                   "a service's journal directory, or DIR,last or DIR,burst=N; two: side by side; none: that of the "
                   "service that started last")
      ->expected(0, 2);
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
  options->prices.add_prices_to(*command);
  command->footer(
      R"(Every number is measured: it comes from what the service recorded, not from how it is configured. The service may
still run. A burst ends where the service was empty
for longer than ten times the median time between two arrivals, half a second at least and a minute at most.

  tenfold explain                         the service that started last: its largest burst, and which there are
  tenfold explain --last
  tenfold explain --request 57            or the id in the X-Request-Id that its client sent or its replica got
  tenfold explain --requests --json
  tenfold explain --price-machine-hour 0.2      on a machine at 0.2 an hour; else as Azure bills it
  tenfold explain LIVE SIMULATED          side by side; `simulate --journal SIMULATED` writes one
  tenfold explain DIR,burst=1 DIR,last    before and after
  tenfold explain --from 2026-11-24T10:15:00Z --to 2026-11-24T10:30:00Z
  tenfold explain ~/.local/state/tenfold/journal/20261124T101500Z-4711 --json
  tenfold explain --html burst.html)");
  command->callback([options, &exit_code] { exit_code = explain(*options); });
}

}  // namespace tenfold::cli
