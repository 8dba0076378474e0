// tenfold what-if: the requests that there were, under other settings, beside how it was.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/again.hpp"
#include "cli/app_line.hpp"
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/scenario_line.hpp"
#include "cli/selection_line.hpp"
#include "config/app_config.hpp"
#include "report/summary.hpp"

namespace tenfold::cli {

namespace {

namespace json = boost::json;

// Of what is measured a simulation may be off by so much; where it is more, something mattered that it lacks.
constexpr double kTrusted = 0.1;

constexpr int kNothingToTell = 1;
constexpr int kWrongLine = 2;

struct WhatIfLine {
  AppLine app;
  SelectionLine selection;
  std::string directory;
  bool is_json = false;
};

struct Failure {
  int exit_code = kNothingToTell;
  std::string what;
};

// How it was, the same simulated, and how it would have been.
struct Comparison {
  std::vector<report::Summary> summaries;
  double from_unix_s = 0;
  double until_unix_s = 0;
  std::string note;  // why the last is to be doubted; empty where it is not
};

// What of a replica's life is in the burst, in seconds.
double seconds_within(const report::Story& story, const report::ReplicaStory& replica) {
  const report::Burst& burst = *story.burst;
  const core::TimePoint from = std::max(replica.started.value_or(story.began), burst.began);
  const core::TimePoint until = std::min(replica.exited.value_or(story.ended), burst.ended);
  return std::max(core::to_seconds(until - from), 0.0);
}

// Of the burst alone, as a simulation of it counts.
report::Summary measured(const report::Story& story) {
  const report::Burst& burst = *story.burst;
  const auto is_within = [&burst](core::TimePoint at) { return at >= burst.began && at <= burst.ended; };
  report::Summary summary = report::summarize(story, "as it was");
  summary.replica_seconds = 0;
  for (const report::ReplicaStory& replica : story.replicas) {
    summary.replica_seconds += seconds_within(story, replica);
    if (replica.started && is_within(*replica.started)) ++summary.starts;
  }
  summary.decisions = 0;
  for (const report::DecisionStory& decision : story.decisions) {
    if (is_within(decision.at)) ++summary.decisions;
  }
  summary.most_replicas = 0;
  for (const report::ReplicaPoint& point : report::replica_counts(story)) {
    // What held when the burst began counts too: the last point before it.
    if (point.at < burst.began) summary.most_replicas = point.starting + point.ready;
    if (is_within(point.at)) summary.most_replicas = std::max(summary.most_replicas, point.starting + point.ready);
  }
  return summary;
}

bool is_off(double value, double from) { return std::abs(value - from) > kTrusted * from; }

std::string doubt(const report::Summary& was, const report::Summary& simulated) {
  if (!is_off(simulated.makespan_s, was.makespan_s) && !is_off(simulated.total.p95_s, was.total.p95_s)) return {};
  return "Simulated as it was, this is off by more than a tenth: the simulation lacks something that mattered, such as "
         "what waited when it began. Compare the last two columns with each other.";
}

std::expected<report::Summary, std::string> simulate(config::AppConfig app, const Again& again, std::string label) {
  if (const auto finished = config::finish(app); !finished) return std::unexpected(finished.error());
  const auto result = sim::run_scenario(app, again.scenario);
  if (!result) return std::unexpected(result.error());
  return to_summary(*result, app, std::move(label));
}

std::expected<Comparison, Failure> compare(const WhatIfLine& line) {
  const auto selection = line.selection.read();
  if (!selection) return std::unexpected(Failure{kWrongLine, selection.error()});
  const auto story = report::tell(line.directory, *selection);
  if (!story) return std::unexpected(Failure{.what = story.error()});
  if (!story->burst) return std::unexpected(Failure{.what = "no request arrived then"});
  if (const std::string why = settings_unknown(*story); !why.empty())
    return std::unexpected(Failure{.what = fmt::format("other settings cannot be compared: {}", why)});
  Again again = cli::again(*story, line.directory);
  config::AppConfig recorded;
  if (const auto taken = sim::take_over(recorded, again.scenario); !taken)
    return std::unexpected(Failure{.what = taken.error()});
  const auto other = line.app.read(recorded);
  if (!other) return std::unexpected(Failure{kWrongLine, other.error()});
  if (recorded.core.machine.cores == 0 && other->core.machine.cores > 0)
    return std::unexpected(
        Failure{kWrongLine, "--cores: these requests did not keep a CPU busy, so it is no cores that they waited for"});
  const auto simulated = simulate(recorded, again, "simulated");
  if (!simulated) return std::unexpected(Failure{.what = simulated.error()});
  const auto what_if = simulate(*other, again, "what if");
  if (!what_if) return std::unexpected(Failure{kWrongLine, what_if.error()});
  const report::Burst& burst = *story->burst;
  const auto unix_s = [&story](core::TimePoint at) {
    return core::to_seconds(at.time_since_epoch() + core::Duration{story->unix_time_at_zero_ns});
  };
  Comparison made{.summaries = {measured(*story), *simulated, *what_if},
                  .from_unix_s = unix_s(burst.began),
                  .until_unix_s = unix_s(burst.ended)};
  made.note = doubt(made.summaries[0], made.summaries[1]);
  return made;
}

std::string to_json(const Comparison& made) {
  const json::value note = made.note.empty() ? json::value{} : json::value{made.note};
  json::object out{{"from_s", made.from_unix_s}, {"until_s", made.until_unix_s}, {"note", note}};
  for (std::size_t i = 0; const char* name : {"was", "simulated", "what_if"})
    out[name] = json::parse(report::to_json(made.summaries[i++]));
  return json::serialize(out);
}

int what_if(WhatIfLine line) {
  const auto complain = [](const Failure& failure) {
    fmt::print(stderr, "tenfold what-if: {}\n", failure.what);
    return failure.exit_code;
  };
  if (line.directory.empty()) {
    const auto newest = newest_journal();
    if (!newest) return complain({.what = newest.error()});
    line.directory = *newest;
  }
  const auto made = compare(line);
  if (!made) return complain(made.error());
  if (line.is_json) {
    fmt::print("{}\n", to_json(*made));
    return 0;
  }
  fmt::print("{}", report::to_table(made->summaries));
  if (!made->note.empty()) fmt::print("{}\n", made->note);
  return 0;
}

}  // namespace

void add_what_if_command(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("what-if", "tell how it would have been: the requests that there were, under other settings");
  auto line = std::make_shared<WhatIfLine>();
  command
      ->add_option("--journal", line->directory,
                   "the service's journal directory [that of the service that started last]")
      ->type_name("DIR");
  line->selection.add_to(*command);
  command->add_flag("--json", line->is_json, "the same as JSON: was, simulated, what_if");
  std::vector<std::string_view> own = not_simulated();
  std::erase(own, "cores");
  line->app.add_to(*command, own);
  command->footer(
      R"(Settings are those that the service had, and what is given here goes over them. The same decisions are made under
virtual time of the requests that were recorded, each as long in its slot as it was. The service may still run.

  tenfold what-if --policy aca
  tenfold what-if --since 10m --min-replicas 4 --max-replicas 20
  tenfold what-if app.yaml --last)");
  command->callback([line, &exit_code] { exit_code = what_if(*line); });
}

}  // namespace tenfold::cli
