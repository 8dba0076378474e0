#include "sim/tune.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/app_line.hpp"
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/scenario_line.hpp"
#include "config/export.hpp"
#include "report/frontier.hpp"

namespace tenfold::cli {

namespace {

constexpr int kNotMet = 1;
constexpr int kInterrupted = 130;

struct TuneLine {
  AppLine app;
  ScenarioLine scenario;
  std::string objective = "p95 wait < 500ms";
  std::string svg;
  std::string output;
  bool is_json = false;
};

// One line on a terminal, at most some ten times a second.
std::function<bool(std::size_t, const sim::Trial&)> watch() {
  const bool is_watched = ::isatty(STDERR_FILENO) == 1;
  auto told = std::make_shared<std::size_t>(0);
  return [=](std::size_t trials, const sim::Trial& best) {
    if (is_watched && trials > *told) {
      *told = trials;
      fmt::print(stderr, "\r{} settings tried; best so far: {}\033[K", trials, sim::to_words(best.choice));
    }
    return !InterruptGuard::was_interrupted();
  };
}

bool is_same(const sim::Trial& a, const sim::Trial& b) { return a.choice == b.choice; }

report::Frontier frontier_of(const sim::Tuning& tuning, const sim::Objective& objective, const sim::Scenario& scenario,
                             const std::string& unit) {
  report::Frontier frontier{.title = fmt::format("{}: {}", objective.text, scenario.workload), .cost_unit = unit};
  if (objective.of == sim::Objective::Of::kWait && objective.share == 0.95) frontier.objective_s = objective.bound_s;
  for (const sim::Trial& trial : tuning.trials) {
    if (trial.rejected > 0 && !is_same(trial, tuning.today) && !is_same(trial, tuning.best)) continue;
    frontier.points.push_back({.settings = sim::to_words(trial.choice),
                               .cost = trial.cost,
                               .p95_wait_s = trial.p95_wait_s,
                               .is_chosen = is_same(trial, tuning.best),
                               .is_today = is_same(trial, tuning.today)});
  }
  report::mark_frontier(frontier.points);
  return frontier;
}

boost::json::object to_object(const sim::Trial& trial) {
  return {
      {"settings", sim::to_words(trial.choice)},
      {"min_replicas", trial.choice.min_replicas},
      {"max_replicas", trial.choice.max_replicas},
      {"concurrency", trial.choice.concurrency},
      {"cpu", trial.choice.cpu},
      {"target", trial.choice.target},
      {"cost", trial.cost},
      {"replica_seconds", trial.replica_s},
      {"p95_wait_s", trial.p95_wait_s},
      {"mean_total_s", trial.mean_total_s},
      {"objective_s", std::isinf(trial.measure_s) ? boost::json::value(nullptr) : boost::json::value(trial.measure_s)},
      {"rejected", trial.rejected},
      {"is_met", trial.is_met}};
}

void print_json(const sim::Tuning& tuning, const report::Frontier& frontier, const sim::Objective& objective,
                const std::string& yaml) {
  boost::json::array points;
  for (const report::FrontierPoint& point : frontier.points) {
    if (point.is_frontier)
      points.push_back({{"settings", point.settings}, {"cost", point.cost}, {"p95_wait_s", point.p95_wait_s}});
  }
  fmt::print("{}\n", boost::json::serialize(boost::json::object{{"objective", objective.text},
                                                                {"is_met", tuning.best.is_met},
                                                                {"cost_unit", frontier.cost_unit},
                                                                {"trials", tuning.trials.size()},
                                                                {"best", to_object(tuning.best)},
                                                                {"today", to_object(tuning.today)},
                                                                {"frontier", std::move(points)},
                                                                {"yaml", yaml}}));
}

std::string costs(const sim::Trial& trial, const std::string& unit) {
  return fmt::format("{:.4g} {}, {:.0f} replica-seconds; an answer takes {:.3f} s on average", trial.cost, unit,
                     trial.replica_s, trial.mean_total_s);
}

std::string verdict(const sim::Trial& trial, const sim::Objective& objective) {
  const std::string refused = trial.rejected > 0 ? fmt::format(", {} requests refused", trial.rejected) : "";
  const std::string measure =
      std::isinf(trial.measure_s) ? "beyond what clients waited for" : fmt::format("{:.3f} s", trial.measure_s);
  return fmt::format("{} is {}{}: the objective is {}", objective.text.substr(0, objective.text.find('<') - 1), measure,
                     refused, trial.is_met ? "met" : "not met");
}

void print_text(const sim::Tuning& tuning, const report::Frontier& frontier, const sim::Objective& objective,
                const std::string& yaml) {
  const sim::Trial& best = tuning.best;
  fmt::print("{} settings were simulated. What nothing beats in both cost and wait:\n\n{}\n", tuning.trials.size(),
             report::to_table(frontier));
  if (!best.is_met) fmt::print("No settings that were tried meet '{}'. The nearest:\n", objective.text);
  const auto print_trial = [&](std::string_view name, const sim::Trial& trial) {
    fmt::print("{:8}{}\n        {}\n        {}\n", name, sim::to_words(trial.choice), verdict(trial, objective),
               costs(trial, frontier.cost_unit));
  };
  print_trial("chosen", best);
  print_trial("today", tuning.today);
  fmt::print("\nThe chosen settings, ready to use:\n\n{}", yaml);
}

std::expected<int, std::string> tune(const TuneLine& line) {
  const auto objective = sim::parse_objective(line.objective);
  if (!objective) return std::unexpected(objective.error());
  const auto scenario = line.scenario.read();
  if (!scenario) return std::unexpected(scenario.error());
  auto app = line.app.read();
  if (!app) return std::unexpected(app.error());
  app->image.clear();  // nothing is run
  if (auto finished = config::finish(*app); !finished) return std::unexpected(finished.error());

  const InterruptGuard guard;
  const auto tuning = sim::tune(*app, *scenario, *objective, {.cost = cost_of, .progress = watch()});
  if (::isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\r\033[K");
  if (!tuning) return std::unexpected(tuning.error());
  const report::Frontier frontier = frontier_of(*tuning, *objective, *scenario, cost_unit(*app));
  const std::string yaml = config::to_yaml(sim::with(*app, tuning->best.choice));
  if (!line.svg.empty()) {
    if (auto written = write_file(line.svg, report::to_svg(frontier)); !written)
      return std::unexpected(written.error());
  }
  if (!line.output.empty()) {
    if (auto written = write_file(line.output, yaml); !written) return std::unexpected(written.error());
  }
  if (line.is_json) {
    print_json(*tuning, frontier, *objective, yaml);
  } else {
    print_text(*tuning, frontier, *objective, yaml);
  }
  if (tuning->was_interrupted) fmt::print(stderr, "tenfold tune: interrupted; this is the best so far\n");
  return tuning->was_interrupted ? kInterrupted : tuning->best.is_met ? 0 : kNotMet;
}

}  // namespace

void add_tune_command(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("tune", "find the cheapest settings that meet an objective, by simulating them");
  auto line = std::make_shared<TuneLine>();
  command
      ->add_option("--slo", line->objective,
                   "the objective: p95 (any percentile, or mean) of wait or total [p95 wait < 500ms]")
      ->type_name("'p95 wait < TIME'");
  line->scenario.add_to(*command);
  command->add_option("--svg", line->svg, "also write the frontier, cost against wait, to this file")
      ->type_name("FILE");
  command->add_option("--output", line->output, "also write the chosen settings to this file")->type_name("FILE");
  command->add_flag("--json", line->is_json, "print the result as JSON");
  line->app.add_to(*command, not_simulated());
  command->footer(
      R"(It searches policy, target, min and max replicas and concurrency; with --cores also the CPUs of a replica. The cost is
money, at the prices of Azure's consumption plan unless the app states others (--price-...). `tenfold simulate --help`
lists workloads and service times. Exit code 0 if the objective is met, 1 if nothing that was tried meets it.

  tenfold tune app.yaml --workload poisson:rate=15 --service exponential:mean=500ms --duration 10min --slo 'p95 wait < 500ms')");
  command->callback([line, &exit_code] {
    const auto done = tune(*line);
    if (!done) fmt::print(stderr, "tenfold tune: {}\n", done.error());
    exit_code = done.value_or(2);
  });
}

}  // namespace tenfold::cli
