#include "sim/tune.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/app_line.hpp"
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/scenario_line.hpp"
#include "config/edit.hpp"
#include "config/export.hpp"
#include "config/units.hpp"
#include "report/frontier.hpp"
#include "sim/cost.hpp"

namespace tenfold::cli {

namespace {

constexpr int kNotMet = 1;
constexpr int kInterrupted = 130;

struct TuneLine {
  AppLine app;
  ScenarioLine scenario;
  std::string objective = "p95 wait < 500ms";
  std::string svg;
  std::string html;
  std::string output;
  std::string target;
  std::uint32_t jobs = 0;
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
    const bool is_best = is_same(trial, tuning.best.trial);
    const bool is_second = tuning.runner_up && is_same(trial, tuning.runner_up->trial);
    if (trial.rejected > 0 && !is_same(trial, tuning.today) && !is_best && !is_second) continue;
    frontier.points.push_back({.settings = sim::to_words(trial.choice),
                               .cost = trial.cost,
                               .p95_wait_s = trial.p95_wait_s,
                               .mean_total_s = trial.mean_total_s,
                               .replica_seconds = trial.replica_s,
                               .is_chosen = is_best,
                               .is_today = is_same(trial, tuning.today),
                               .is_runner_up = is_second});
  }
  report::mark_frontier(frontier.points);
  return frontier;
}

boost::json::value to_value(double number) {
  return std::isfinite(number) ? boost::json::value(number) : boost::json::value(nullptr);
}

boost::json::object to_object(const sim::Trial& trial) {
  return {{"settings", sim::to_words(trial.choice)},
          {"min_replicas", trial.choice.min_replicas},
          {"max_replicas", trial.choice.max_replicas},
          {"concurrency", trial.choice.concurrency},
          {"cpu", trial.choice.cpu},
          {"metric", trial.choice.metric == core::RuleKind::kCpu ? "cpu" : "http"},
          {"target", trial.choice.target},
          {"pace_s", std::chrono::duration<double>{trial.choice.pace}.count()},
          {"cost", trial.cost},
          {"replica_seconds", trial.replica_s},
          {"p95_wait_s", trial.p95_wait_s},
          {"mean_total_s", trial.mean_total_s},
          {"objective_s", to_value(trial.measure_s)},
          {"rejected", trial.rejected},
          {"is_met", trial.is_met}};
}

boost::json::value to_value(const sim::Judgement& judged) {
  if (judged.seeds == 0) return nullptr;
  return boost::json::object{{"seeds", judged.seeds},
                             {"met", judged.met},
                             {"cost", judged.cost.mean},
                             {"cost_half_width_95", to_value(judged.cost.half_width)},
                             {"least_s", to_value(judged.least_s)},
                             {"mean_s", to_value(judged.mean_s)},
                             {"most_s", to_value(judged.most_s)}};
}

boost::json::object to_object(const sim::Finalist& finalist) {
  boost::json::object made = to_object(finalist.trial);
  made["is_met"] = finalist.is_met;
  made["judged"] = to_value(finalist.judged);
  made["unseen"] = to_value(finalist.unseen);
  return made;
}

std::string percent(double part) { return fmt::format("{:.1f} %", 100 * std::abs(part)); }

// Why a finalist was not chosen.
std::string why_lost(const sim::Finalist& lost, const sim::Finalist& best) {
  const double dearer = lost.judged.cost.mean / best.judged.cost.mean - 1;
  const std::string cost = fmt::format("it costs {} {}", percent(dearer), dearer < 0 ? "less" : "more");
  if (lost.is_met) return "it meets the objective too; " + cost;
  if (lost.judged.met < lost.judged.seeds)
    return fmt::format("{}, and misses the objective on {} of {} seeds", cost, lost.judged.seeds - lost.judged.met,
                       lost.judged.seeds);
  if (lost.unseen.seeds > 0)
    return fmt::format("{}, and misses the objective on {} of {} seeds that it was not judged by", cost,
                       lost.unseen.seeds - lost.unseen.met, lost.unseen.seeds);
  return fmt::format("{}; it is so near to the bound, up to {:.3f} s, that other seeds would miss it", cost,
                     lost.judged.most_s);
}

// The command takes one rule: the one that was chosen.
std::string az_rule(const config::AppConfig& app) {
  const sim::Choice choice = sim::choice_of(app);
  const auto& rules = app.core.scale.rules;
  const auto rule = std::ranges::find(rules, choice.metric, &core::ScaleRule::kind);
  if (rule == rules.end()) return "";
  if (choice.metric == core::RuleKind::kCpu)
    return fmt::format(" --scale-rule-name {} --scale-rule-type cpu --scale-rule-metadata type=Utilization value={:g}",
                       rule->name.empty() ? "cpu" : rule->name, rule->target);
  return fmt::format(" --scale-rule-name {} --scale-rule-type http --scale-rule-http-concurrency {:g}",
                     rule->name.empty() ? "http" : rule->name, rule->target);
}

// The command that sets what Azure can set; empty for a policy that it has not.
std::string az_command(const config::AppConfig& app) {
  if (app.core.scale.policy != core::PolicyKind::kAca) return "";
  const core::ScaleSettings& scale = app.core.scale;
  // Azure takes them in pairs alone.
  const core::Bytes memory = core::mebibytes(static_cast<std::uint64_t>(std::llround(app.core.replica.cpu * 2048)));
  std::string command = fmt::format(
      "az containerapp update --name NAME --resource-group GROUP --min-replicas {} --max-replicas {} --cpu {:g} "
      "--memory {}",
      scale.min_replicas, scale.max_replicas, app.core.replica.cpu, config::format_size(memory));
  return command + az_rule(app);
}

// What was found, in every form in which it is told.
struct Advice {
  sim::Tuning tuning;
  report::Frontier frontier;
  sim::Objective objective;
  std::string yaml;
  std::string az;
};

void print_json(const Advice& advice) {
  const sim::Tuning& tuning = advice.tuning;
  boost::json::array points;
  for (const report::FrontierPoint& point : advice.frontier.points) {
    if (point.is_frontier)
      points.push_back({{"settings", point.settings}, {"cost", point.cost}, {"p95_wait_s", point.p95_wait_s}});
  }
  boost::json::object made{{"objective", advice.objective.text},
                           {"is_met", tuning.best.is_met},
                           {"cost_unit", advice.frontier.cost_unit},
                           {"trials", tuning.trials.size()},
                           {"best", to_object(tuning.best)},
                           {"today", to_object(tuning.today)},
                           {"runner_up", nullptr},
                           {"frontier", std::move(points)},
                           {"yaml", advice.yaml},
                           {"az", advice.az.empty() ? boost::json::value(nullptr) : boost::json::value(advice.az)}};
  if (tuning.runner_up) {
    boost::json::object other = to_object(*tuning.runner_up);
    other["why_not"] = why_lost(*tuning.runner_up, tuning.best);
    made["runner_up"] = std::move(other);
  }
  fmt::print("{}\n", boost::json::serialize(made));
}

std::string costs(const sim::Trial& trial, const std::string& unit) {
  return fmt::format("{:.4g} {}, {:.0f} replica-seconds; an answer takes {:.3f} s on average", trial.cost, unit,
                     trial.replica_s, trial.mean_total_s);
}

std::string measured(double measure_s) {
  return std::isinf(measure_s) ? "beyond what clients waited for" : fmt::format("{:.3f} s", measure_s);
}

std::string verdict(const sim::Trial& trial, const sim::Objective& objective, bool is_met) {
  const std::string refused = trial.rejected > 0 ? fmt::format(", {} requests refused", trial.rejected) : "";
  return fmt::format("{} is {}{}: the objective is {}", objective.text.substr(0, objective.text.find('<') - 1),
                     measured(trial.measure_s), refused, is_met ? "met" : "not met");
}

// How it does on other seeds.
std::string seeds_text(const sim::Finalist& finalist) {
  const sim::Judgement& judged = finalist.judged;
  if (judged.seeds == 0) return "judged by one seed alone";
  std::string text = fmt::format("met on {} of {} seeds", judged.met, judged.seeds);
  const sim::Judgement& shown = finalist.unseen.seeds > 0 ? finalist.unseen : judged;
  if (finalist.unseen.seeds > 0)
    text += fmt::format(" that it was chosen by, and on {} of {} others", shown.met, shown.seeds);
  return text + fmt::format(": {} to {}", measured(shown.least_s), measured(shown.most_s));
}

// What is said of the chosen settings, of today's and of the runner-up.
std::vector<report::FrontierNote> notes_of(const Advice& advice) {
  const sim::Tuning& tuning = advice.tuning;
  const sim::Finalist& best = tuning.best;
  const std::string& unit = advice.frontier.cost_unit;
  std::vector<report::FrontierNote> notes{
      {.name = "chosen",
       .settings = sim::to_words(best.trial.choice),
       .lines = {verdict(best.trial, advice.objective, best.is_met), seeds_text(best), costs(best.trial, unit)}},
      {.name = "today",
       .settings = sim::to_words(tuning.today.choice),
       .lines = {verdict(tuning.today, advice.objective, tuning.today.is_met), costs(tuning.today, unit)}}};
  if (tuning.runner_up) {
    notes.push_back({.name = "not chosen",
                     .settings = sim::to_words(tuning.runner_up->trial.choice),
                     .lines = {why_lost(*tuning.runner_up, best)}});
  }
  return notes;
}

void print_text(const Advice& advice) {
  fmt::print("{} settings were simulated. What nothing beats in both cost and wait:\n\n{}\n",
             advice.tuning.trials.size(), report::to_table(advice.frontier));
  if (!advice.tuning.best.is_met)
    fmt::print("No settings that were tried meet '{}'. The nearest:\n", advice.objective.text);
  for (const report::FrontierNote& note : notes_of(advice)) {
    fmt::print("{:<7} {}\n", note.name.substr(0, note.name.find(' ')), note.settings);
    for (const std::string& line : note.lines) fmt::print("        {}\n", line);
  }
  fmt::print("\nThe chosen settings, ready to use:\n\n{}", advice.yaml);
  if (!advice.az.empty()) fmt::print("\n{}\n", advice.az);
}

std::expected<void, std::string> write_files(const TuneLine& line, const Advice& advice) {
  if (!line.svg.empty()) {
    if (auto written = write_file(line.svg, report::to_svg(advice.frontier)); !written) return written;
  }
  if (!line.html.empty()) {
    const std::string page = report::to_html({.frontier = advice.frontier,
                                              .notes = notes_of(advice),
                                              .left_out = advice.tuning.trials.size() - advice.frontier.points.size(),
                                              .yaml = advice.yaml,
                                              .az = advice.az});
    if (auto written = write_file(line.html, page); !written) return written;
  }
  return line.output.empty() ? std::expected<void, std::string>{} : write_file(line.output, advice.yaml);
}

// The app's own file with the changes marked, where it has one that allows it.
std::string yaml_of(const AppLine& app, const config::AppConfig& chosen) {
  if (!app.file().empty()) {
    const auto text = config::read_file(app.file());
    const auto edited = text ? config::edit_yaml(*text, chosen, "tenfold tune") : std::nullopt;
    if (edited) return *edited;
  }
  return config::to_yaml(chosen);
}

// What is known of a journal's requests goes before the guess that they only take time.
void learn_from_journal(const config::AppConfig& app, sim::Scenario& scenario) {
  constexpr double kComputes = 0.3;  // CPUs of a running request
  const bool is_stated = app.has_cores || scenario.has_own_cores || app.core.machine.cores > 0;
  const auto cpus = is_stated ? std::nullopt : sim::measured_cpus(scenario);
  if (!cpus || *cpus < kComputes) return;
  scenario.has_own_cores = true;
  fmt::print(stderr,
             "tenfold tune: by the journal a running request uses {:.2f} CPUs: it computes, in replicas with CPUs of "
             "their own; say --cores if they share a machine's, --cores 0 if they only take time\n",
             *cpus);
}

// What people should know of the files that the workload is read from. What is wrong with it, the simulations say.
void tell_of_workload(const sim::Scenario& scenario) {
  const auto workload = sim::make_workload(scenario.workload, scenario.seed);
  if (!workload) return;
  for (const std::string& note : (*workload)->notes) fmt::print(stderr, "tenfold tune: {}\n", note);
}

std::expected<int, std::string> tune(const TuneLine& line) {
  const auto objective = sim::parse_objective(line.objective);
  if (!objective) return std::unexpected(objective.error());
  auto scenario = line.scenario.read();
  if (!scenario) return std::unexpected(scenario.error());
  if (!line.target.empty() && line.target != "aca")
    return std::unexpected(fmt::format("--for: '{}' is not known; known: aca", line.target));
  auto app = line.app.read();
  if (!app) return std::unexpected(app.error());
  if (const auto applied = line.scenario.apply_cores(*app); !applied) return std::unexpected(applied.error());
  app->image.clear();  // nothing is run
  if (auto finished = config::finish(*app); !finished) return std::unexpected(finished.error());
  learn_from_journal(*app, *scenario);
  tell_of_workload(*scenario);

  const InterruptGuard guard;
  auto tuning = sim::tune(*app, *scenario, *objective,
                          {.cost = sim::cost_of,
                           .progress = watch(),
                           .jobs = line.jobs > 0 ? line.jobs : std::max(1U, std::thread::hardware_concurrency()),
                           .is_for_aca = !line.target.empty()});
  if (::isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\r\033[K");
  if (!tuning) return std::unexpected(tuning.error());
  const config::AppConfig chosen = sim::with(*app, tuning->best.trial.choice);
  Advice advice{.tuning = std::move(*tuning),
                .frontier = {},
                .objective = *objective,
                .yaml = yaml_of(line.app, chosen),
                .az = az_command(chosen)};
  advice.frontier = frontier_of(advice.tuning, *objective, *scenario, cost_unit(*app));
  if (auto written = write_files(line, advice); !written) return std::unexpected(written.error());
  if (line.is_json) {
    print_json(advice);
  } else {
    print_text(advice);
  }
  if (advice.tuning.was_interrupted) fmt::print(stderr, "tenfold tune: interrupted; this is the best so far\n");
  return advice.tuning.was_interrupted ? kInterrupted : advice.tuning.best.is_met ? 0 : kNotMet;
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
  command
      ->add_option("--html", line->html, "also write a page to this file: the frontier, and what each of its dots is")
      ->type_name("FILE");
  command->add_option("--output", line->output, "also write the chosen settings to this file")->type_name("FILE");
  command->add_flag("--json", line->is_json, "print the result as JSON");
  command->add_option("--for", line->target, "aca: only what Azure Container Apps can run")->type_name("aca");
  command
      ->add_option("--jobs", line->jobs,
                   "simulations at one time; the result does not depend on it [the machine's CPUs]")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  line->app.add_to(*command, not_simulated());
  command->footer(
      R"(It searches policy, target, window or period, min and max replicas and concurrency; where requests compute (--cores)
also a replica's CPUs and whether aca and hpa follow requests or CPU. What it chooses was judged on 20 seeds and met the objective on 38 or more of 40 others. The cost is money, at
the prices of Azure's consumption plan unless the app states others (--price-...). `tenfold simulate --help` lists
workloads and service times. Exit code 0 if the objective is met, 1 if nothing that was tried meets it.

  tenfold tune app.yaml --workload poisson:rate=15 --service exponential:mean=500ms --duration 10min --slo 'p95 wait < 500ms')");
  command->callback([line, &exit_code] {
    const auto done = tune(*line);
    if (!done) fmt::print(stderr, "tenfold tune: {}\n", done.error());
    exit_code = done.value_or(2);
  });
}

}  // namespace tenfold::cli
