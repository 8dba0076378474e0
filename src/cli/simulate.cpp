#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/app_line.hpp"
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/scenario_line.hpp"
#include "cli/simulated_journal.hpp"
#include "cli/streets.hpp"
#include "cli/terminal.hpp"
#include "journal/print.hpp"
#include "report/collector.hpp"
#include "report/sides.hpp"
#include "sim/faults.hpp"
#include "sim/request_log.hpp"

namespace tenfold::cli {

namespace {

// Of more a table tells enough, unless a chart is wanted.
constexpr std::uint64_t kMostTold = 20'000;

constexpr int kInterrupted = 130;

struct SimulateLine {
  AppLine app;
  ScenarioLine scenario;
  std::vector<std::string> policies;
  std::string svg;
  std::string html;
  std::string csv;
  std::string journal;
  bool is_json = false;
  bool has_faults = false;
  bool has_shell = false;
  std::optional<std::uint64_t> seeds;
  bool is_traced = false;
  bool is_as_recorded = false;
};

// What is simulated, in words.
std::string words_of(const sim::Scenario& scenario) {
  const bool is_as_logged = sim::is_logged(scenario) && !scenario.is_service_stated;
  return fmt::format("{}, service {}, cold start {}, seed {}", scenario.workload,
                     is_as_logged ? "as logged" : scenario.service, scenario.cold_start, scenario.seed);
}

journal::ServiceNote note_of(const sim::Scenario& scenario, const config::AppConfig& app) {
  return {.version = TENFOLD_VERSION,
          .command = words_of(scenario),
          .prices = app.prices.value_or(Prices{}),
          .has_cpu = app.has_cpu,
          .has_memory = app.has_memory};
}

// Makes the story of a run, as `explain` makes it of a journal.
class Teller final : public sim::StepObserver {
 public:
  void beginning(const core::Service& service) override { collector_.take(service.save()); }
  void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
               const core::Service&) override {
    collector_.step(now, event, actions);
  }
  void opened(core::TimePoint zero, const std::vector<std::string>& class_names) override {
    for (std::size_t n = 0; n < class_names.size(); ++n)
      collector_.take(
          {.at = zero, .klass = core::RequestClass{static_cast<std::uint32_t>(n) + 1}, .name = class_names[n]});
  }
  report::Story finish(const journal::ServiceNote& note, core::TimePoint ended) {
    collector_.take(note);
    collector_.advance(ended);
    return collector_.finish({.scope = report::Scope::kWholeRun});
  }

 private:
  report::Collector collector_{report::Origin::kSimulation};
};

// What a policy came to: once for each seed.
struct Runs {
  report::Replications summaries;
  std::optional<report::Story> story;  // of a single run
};

// One line on a terminal while it runs; nothing elsewhere.
std::function<bool(const sim::Result&)> watch(const std::string& label, std::optional<std::uint64_t> total) {
  const bool is_watched = ::isatty(STDERR_FILENO) == 1;
  return [=](const sim::Result& so_far) {
    if (is_watched && total)
      fmt::print(stderr, "\r{}: {:.0f} % of {} requests\033[K", label,
                 100.0 * static_cast<double>(so_far.requests) / static_cast<double>(*total), *total);
    if (is_watched && !total) fmt::print(stderr, "\r{}: {} requests\033[K", label, so_far.requests);
    return !InterruptGuard::was_interrupted();
  };
}

// A file of requests, of all policies and seeds.
class CsvFile {
 public:
  explicit CsvFile(const std::string& path) : path_{path} {
    if (path_.empty()) return;
    file_.open(path_, std::ios::binary | std::ios::trunc);
    file_ << "policy,seed," << sim::RequestLog::header();
  }
  bool is_wanted() const { return !path_.empty(); }
  sim::RequestLog log(const std::string& policy, std::uint64_t seed) {
    return sim::RequestLog{[this](std::string_view line) { file_ << line; }, fmt::format("{},{},", policy, seed)};
  }
  std::expected<void, std::string> close() {
    if (!is_wanted()) return {};
    file_.close();
    if (file_.good()) return {};
    return std::unexpected(fmt::format("cannot write {}", path_));
  }

 private:
  std::string path_;
  std::ofstream file_;
};

// Several observers as one.
class Observers final : public sim::StepObserver {
 public:
  void add(sim::StepObserver& observer) { all_.push_back(&observer); }
  bool is_empty() const { return all_.empty(); }
  void beginning(const core::Service& service) override {
    for (sim::StepObserver* each : all_) each->beginning(service);
  }
  void opened(core::TimePoint zero, const std::vector<std::string>& class_names) override {
    for (sim::StepObserver* each : all_) each->opened(zero, class_names);
  }
  void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
               const core::Service& service) override {
    for (sim::StepObserver* each : all_) each->stepped(now, event, actions, service);
  }

 private:
  std::vector<sim::StepObserver*> all_;
};

// On stderr: what is read there is not the result.
void tell(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) fmt::print(stderr, "tenfold simulate: {}\n", note);
}

// What is made of a policy's runs besides their numbers.
struct Output {
  CsvFile& csv;
  bool is_told = false;
  bool is_drawn = false;  // however many requests there are
  bool is_first = false;  // of the policies: it tells what is to be known of the workload
  std::string journal;    // where that of its one run goes; empty: there is none
};

// Runs the scenario under its seed and the ones after it.
std::expected<Runs, std::string> run_policy(const config::AppConfig& app, sim::Scenario scenario, std::uint64_t seeds,
                                            const Output& output) {
  const std::string label{journal::to_word(app.core.scale.policy)};
  const auto total = sim::requests_of(scenario);
  const bool has_story = output.is_drawn || (output.is_told && total && *total <= kMostTold);
  Runs runs;
  for (std::uint64_t n = 0; n < seeds && !InterruptGuard::was_interrupted(); ++n, ++scenario.seed) {
    Teller teller;
    std::unique_ptr<SimulatedJournal> journal;
    if (!output.journal.empty()) {
      auto opened = SimulatedJournal::open(output.journal, note_of(scenario, app), scenario.begins_at);
      if (!opened) return std::unexpected("--journal: " + opened.error());
      journal = std::move(*opened);
    }
    sim::RequestLog log = output.csv.log(label, scenario.seed);
    Observers observers;
    if (has_story) observers.add(teller);
    if (output.csv.is_wanted()) observers.add(log);
    if (journal) observers.add(*journal);
    sim::RunHooks hooks{.progress =
                            watch(seeds == 1 ? label : fmt::format("{}, seed {}", label, scenario.seed), total)};
    if (!observers.is_empty()) hooks.observer = &observers;
    const auto result = sim::run_scenario(app, scenario, hooks);
    if (::isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\r\033[K");
    if (!result) return std::unexpected(result.error());
    // What was interrupted among others is no replication of them.
    if (result->was_interrupted && n > 0) break;
    if (output.csv.is_wanted()) log.finish();
    if (journal) {
      if (const auto finished = journal->finish(); !finished) return std::unexpected("--journal: " + finished.error());
    }
    if (n == 0 && output.is_first) tell(result->notes);
    runs.summaries.push_back(to_summary(*result, app, label));
    if (has_story) runs.story = teller.finish(note_of(scenario, app), result->ended);
  }
  return runs;
}

std::expected<std::vector<config::AppConfig>, std::string> apps_of(const SimulateLine& line, sim::Scenario& scenario) {
  config::AppConfig base;
  if (line.is_as_recorded) {
    if (const auto taken = sim::take_over(base, scenario); !taken)
      return std::unexpected("--as-recorded: " + taken.error());
  }
  auto app = line.app.read(std::move(base));
  if (!app) return std::unexpected(app.error());
  if (const auto applied = line.scenario.apply_cores(*app); !applied) return std::unexpected(applied.error());
  std::vector<config::AppConfig> apps;
  for (const std::string& policy : line.policies) {
    apps.push_back(*app);
    const auto& settings = config::settings();
    const auto setting = std::ranges::find(settings, std::string_view{"policy"}, &config::Setting::flag);
    if (auto applied = setting->apply(apps.back(), policy); !applied)
      return std::unexpected("--policy: " + applied.error());
  }
  if (apps.empty()) apps.push_back(*app);
  for (config::AppConfig& each : apps) {
    if (auto finished = config::finish(each); !finished) return std::unexpected(finished.error());
  }
  return apps;
}

// Of several policies, all on one page.
std::expected<void, std::string> write_page(const std::string& path, const std::vector<Runs>& all) {
  std::vector<report::Side> sides;
  std::vector<report::Summary> summaries;
  for (const Runs& runs : all) {
    // In what was interrupted, nothing may have arrived.
    if (!runs.story || !runs.story->burst) continue;
    sides.push_back({.name = runs.summaries.front().policy, .story = *runs.story});
    summaries.push_back(runs.summaries.front());
  }
  if (sides.empty()) return std::unexpected("--html: a page is of one seed, and of requests that came");
  return write_file(path, report::to_sides_html(sides, summaries));
}

std::expected<void, std::string> write_charts(const SimulateLine& line, const std::vector<Runs>& all) {
  if (line.svg.empty() && line.html.empty()) return {};
  const std::optional<report::Story>& story = all.front().story;
  if (!line.svg.empty()) {
    if (!story || all.size() > 1) return std::unexpected("--svg: a chart is of one policy and one seed");
    if (auto written = write_file(line.svg, report::to_svg(*story)); !written) return written;
  }
  if (line.html.empty()) return {};
  if (all.size() > 1 || !story) return write_page(line.html, all);
  return write_file(line.html, report::to_html(*story));
}

// Of one policy it is the answer.
bool is_story_wanted(const SimulateLine& line, std::size_t policies) { return policies == 1 && !line.is_json; }
bool is_chart_wanted(const SimulateLine& line) { return !line.svg.empty() || !line.html.empty(); }

// Of several policies each has a directory of its own.
std::string journal_of(const SimulateLine& line, const config::AppConfig& app, std::size_t policies) {
  if (policies == 1 || line.journal.empty()) return line.journal;
  return (std::filesystem::path{line.journal} / core::to_word(app.core.scale.policy)).string();
}

// Of one seed.
void print_single(const SimulateLine& line, const std::vector<Runs>& all) {
  std::vector<report::Summary> summaries;
  summaries.reserve(all.size());
  for (const Runs& runs : all) summaries.push_back(runs.summaries.front());
  if (line.is_json) {
    fmt::print("{}\n", summaries.size() == 1 ? report::to_json(summaries.front()) : report::to_json(summaries));
  } else if (all.size() == 1 && all.front().story) {
    fmt::print("{}", report::to_text(*all.front().story, terminal_width()));
  } else {
    fmt::print("{}", report::to_table(summaries));
  }
}

void print_replications(const SimulateLine& line, const std::vector<Runs>& all) {
  std::vector<report::Replications> replications;
  replications.reserve(all.size());
  for (const Runs& runs : all) replications.push_back(runs.summaries);
  if (line.is_json) {
    fmt::print("{}\n", replications.size() == 1 ? report::to_replicated_json(replications.front())
                                                : report::to_replicated_json(replications));
  } else {
    fmt::print("{}", report::to_table(replications));
  }
}

std::expected<int, std::string> simulate(const SimulateLine& line) {
  constexpr std::uint64_t kMostSeeds = 10'000;
  auto scenario = line.scenario.read();
  if (!scenario) return std::unexpected(scenario.error());
  const auto apps = apps_of(line, *scenario);
  if (!apps) return std::unexpected(apps.error());
  const std::uint64_t seeds = line.seeds.value_or(1);
  if (seeds == 0 || seeds > kMostSeeds)
    return std::unexpected(fmt::format("--seeds: {} is no number of seeds from 1 to {}", seeds, kMostSeeds));
  if (seeds > 1 && !line.journal.empty()) return std::unexpected("--journal: it is of one run, not of several seeds");
  const InterruptGuard guard;
  CsvFile csv{line.csv};
  std::vector<Runs> all;
  for (const config::AppConfig& app : *apps) {
    auto runs = run_policy(app, *scenario, seeds,
                           {.csv = csv,
                            .is_told = seeds == 1 && is_story_wanted(line, apps->size()),
                            .is_drawn = seeds == 1 && is_chart_wanted(line),
                            .is_first = all.empty(),
                            .journal = journal_of(line, app, apps->size())});
    if (!runs) return std::unexpected(runs.error());
    if (!runs->summaries.empty()) all.push_back(std::move(*runs));
    if (InterruptGuard::was_interrupted()) break;
  }
  if (all.empty()) return kInterrupted;
  if (auto written = write_charts(line, all); !written) return std::unexpected(written.error());
  if (auto written = csv.close(); !written) return std::unexpected(written.error());
  if (seeds == 1) {
    print_single(line, all);
  } else {
    print_replications(line, all);
  }
  if (!InterruptGuard::was_interrupted()) return 0;
  fmt::print(stderr, "tenfold simulate: interrupted; these are the numbers so far\n");
  return kInterrupted;
}

// Prints every step of a run with faults.
class Tracer final : public sim::StepObserver {
 public:
  void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
               const core::Service&) override {
    fmt::print("{}\n",
               journal::to_string(journal::Record{journal::Step{.now = now, .event = event, .actions = actions}},
                                  core::TimePoint{}));
  }
};

std::expected<int, std::string> simulate_faults(const SimulateLine& line) {
  if (line.seeds) return std::unexpected("--seeds with --faults needs --shell; without it name one --seed");
  const auto scenario = line.scenario.read();
  if (!scenario) return std::unexpected(scenario.error());
  sim::FaultOptions options{.seed = scenario->seed};
  if (scenario->duration) options.duration = *scenario->duration;
  Tracer tracer;
  const sim::FaultResult r = sim::run_faults(options, line.is_traced ? &tracer : nullptr);
  fmt::print("seed {}: {} events; {} requests: {} answered, {} refused, {} left\n", scenario->seed, r.steps, r.requests,
             r.answered, r.rejected, r.left);
  fmt::print(
      "faults: {} crashes, {} failed starts, {} hung replicas, {} failed probes, {} changes of configuration, {} clock "
      "steps\n",
      r.crashes, r.failed_starts, r.hangs, r.failed_probes, r.config_changes, r.clock_steps);
  if (r.broken.empty()) {
    fmt::print("every promise was kept\n");
    return 0;
  }
  fmt::print("BROKEN at {:.6f} s: {}\n", std::chrono::duration<double>{r.broken_at.time_since_epoch()}.count(),
             r.broken);
  return 1;
}

// The whole service on simulated streets.
std::expected<int, std::string> simulate_shell(const SimulateLine& line) {
  const auto scenario = line.scenario.read();
  if (!scenario) return std::unexpected(scenario.error());
  return run_streets(
      {.seed = scenario->seed, .duration = scenario->duration, .seeds = line.seeds, .is_traced = line.is_traced});
}

}  // namespace

void add_simulate_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("simulate", "tell what would happen: the same decisions under virtual time");
  auto line = std::make_shared<SimulateLine>();
  line->scenario.add_to(*command);
  command
      ->add_option("--policy", line->policies,
                   "aca, hpa, knative, slo or per-request; more than one are set side by side")
      ->type_name("NAME")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->expected(1);
  command->add_flag("--as-recorded", line->is_as_recorded,
                    "with --workload journal:DIR: the settings that the service had, which other flags go over");
  command->add_flag("--json", line->is_json, "one object; for several policies an array of them");
  command->add_option("--svg", line->svg, "also write the chart of every request and replica to this file")
      ->type_name("FILE");
  command
      ->add_option(
          "--html", line->html,
          "also write the story with its chart as one page to this file; of several policies, all side by side")
      ->type_name("FILE");
  command->add_flag(
      "--faults", line->has_faults,
      "instead: an hour of crashes, hangs and changes of configuration, by --seed, with every promise checked");
  command
      ->add_flag("--shell", line->has_shell,
                 "with --faults: the whole service instead, its network, journal and programs too, for thirty seconds")
      ->needs("--faults");
  command
      ->add_option("--seeds", line->seeds,
                   "so many runs, from --seed on: means and their 95 % confidence intervals; with --shell so many "
                   "streets, 0: until Ctrl-C [1]")
      ->type_name("N");
  command->add_option("--csv", line->csv, "also write a line for each request to this file")->type_name("FILE");
  command
      ->add_option(
          "--journal", line->journal,
          "also write a journal, as a service does, into this directory; of several policies one each below it")
      ->type_name("DIR");
  command->add_flag("--trace", line->is_traced, "with --faults: print every step");
  std::vector<std::string_view> own = not_simulated();
  own.emplace_back("policy");
  line->app.add_to(*command, own);
  command->footer(fmt::format(R"(Workloads:
{}
Service times, cold starts, patience; of a request's memory with sizes for times:
{}Only of service times:
{}
With --cores, requests compute: --service is their time on a whole CPU, a replica with a --cpu below 1 takes longer in
proportion, and all share the cores. Without, they only take time.

  tenfold simulate --workload burst:n=100 --service constant:100ms --cores 2 --cpu 1 --policy aca --policy slo
  tenfold simulate app.yaml --workload poisson:rate=15 --service exponential:mean=500ms --duration 1h
  tenfold simulate --workload journal:DIR --policy knative      what another policy would have done)",
                              sim::workload_help(), sim::span_help(), sim::service_time_help()));
  command->callback([line, &exit_code] {
    const auto done = line->has_shell    ? simulate_shell(*line)
                      : line->has_faults ? simulate_faults(*line)
                                         : simulate(*line);
    if (!done) fmt::print(stderr, "tenfold simulate: {}\n", done.error());
    exit_code = done.value_or(2);
  });
}

}  // namespace tenfold::cli
