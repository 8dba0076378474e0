#include <algorithm>
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
#include "cli/streets.hpp"
#include "journal/print.hpp"
#include "report/collector.hpp"
#include "sim/faults.hpp"

namespace tenfold::cli {

namespace {

// More are not told one by one.
constexpr std::uint64_t kMostTold = 20'000;

constexpr int kInterrupted = 130;

struct SimulateLine {
  AppLine app;
  ScenarioLine scenario;
  std::vector<std::string> policies;
  std::string svg;
  std::string html;
  bool is_json = false;
  bool has_faults = false;
  bool has_shell = false;
  std::optional<std::uint64_t> seeds;
  bool is_traced = false;
};

// Makes the story of a run, as `explain` makes it of a journal.
class Teller final : public sim::StepObserver {
 public:
  void beginning(const core::Service& service) override { collector_.take(service.save()); }
  void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
               const core::Service&) override {
    collector_.step(now, event, actions);
  }
  report::Story finish(const sim::Scenario& scenario, core::TimePoint ended) {
    collector_.take(
        journal::ServiceNote{.version = TENFOLD_VERSION,
                             .command = fmt::format("{}, service {}, cold start {}, seed {}", scenario.workload,
                                                    scenario.service, scenario.cold_start, scenario.seed)});
    collector_.advance(ended);
    return collector_.finish(report::Scope::kWholeRun);
  }

 private:
  report::Collector collector_{report::Origin::kSimulation};
};

struct Run {
  report::Summary summary;
  std::optional<report::Story> story;
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

std::expected<Run, std::string> run_one(const config::AppConfig& app, const sim::Scenario& scenario,
                                        std::optional<std::uint64_t> total, bool is_told) {
  const std::string label{journal::to_word(app.core.scale.policy)};
  Teller teller;
  const bool is_short = total && *total <= kMostTold;
  sim::RunHooks hooks{.progress = watch(label, total)};
  if (is_told && is_short) hooks.observer = &teller;
  const auto result = sim::run_scenario(app, scenario, hooks);
  if (::isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\r\033[K");
  if (!result) return std::unexpected(result.error());
  Run run{.summary = to_summary(*result, app, label)};
  if (hooks.observer) run.story = teller.finish(scenario, result->ended);
  return run;
}

std::expected<std::vector<config::AppConfig>, std::string> apps_of(const SimulateLine& line) {
  auto app = line.app.read();
  if (!app) return std::unexpected(app.error());
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

std::expected<void, std::string> write_charts(const SimulateLine& line, const Run& run) {
  if (line.svg.empty() && line.html.empty()) return {};
  if (!run.story) return std::unexpected(fmt::format("a chart shows at most {} requests of one policy", kMostTold));
  if (!line.svg.empty()) {
    if (auto written = write_file(line.svg, report::to_svg(*run.story)); !written) return written;
  }
  return line.html.empty() ? std::expected<void, std::string>{} : write_file(line.html, report::to_html(*run.story));
}

void print(const SimulateLine& line, const std::vector<Run>& runs) {
  if (line.is_json && runs.size() == 1) {
    fmt::print("{}\n", report::to_json(runs.front().summary));
    return;
  }
  std::vector<report::Summary> summaries;
  summaries.reserve(runs.size());
  for (const Run& run : runs) summaries.push_back(run.summary);
  if (line.is_json) {
    fmt::print("{}\n", report::to_json(summaries));
  } else if (runs.size() == 1 && runs.front().story) {
    fmt::print("{}", report::to_text(*runs.front().story));
  } else {
    fmt::print("{}", report::to_table(summaries));
  }
}

std::expected<int, std::string> simulate(const SimulateLine& line) {
  const auto scenario = line.scenario.read();
  if (!scenario) return std::unexpected(scenario.error());
  const auto apps = apps_of(line);
  if (!apps) return std::unexpected(apps.error());
  const auto total = sim::requests_of(*scenario);
  const InterruptGuard guard;
  std::vector<Run> runs;
  for (const config::AppConfig& app : *apps) {
    auto run = run_one(app, *scenario, total, apps->size() == 1 && !line.is_json);
    if (!run) return std::unexpected(run.error());
    runs.push_back(std::move(*run));
    if (InterruptGuard::was_interrupted()) break;
  }
  if (auto written = write_charts(line, runs.front()); !written) return std::unexpected(written.error());
  print(line, runs);
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
  command->add_option("--policy", line->policies, "aca, hpa, knative or slo; more than one are set side by side")
      ->type_name("NAME")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->expected(1);
  command->add_flag("--json", line->is_json, "one object; for several policies an array of them");
  command->add_option("--svg", line->svg, "also write the chart of every request and replica to this file")
      ->type_name("FILE");
  command->add_option("--html", line->html, "also write the story with its chart as one page to this file")
      ->type_name("FILE");
  command->add_flag(
      "--faults", line->has_faults,
      "instead: an hour of crashes, hangs and changes of configuration, by --seed, with every promise checked");
  command
      ->add_flag("--shell", line->has_shell,
                 "with --faults: the whole service instead, its network, journal and programs too, for thirty seconds")
      ->needs("--faults");
  command->add_option("--seeds", line->seeds, "with --shell: so many streets, from --seed on; 0: until Ctrl-C")
      ->type_name("N")
      ->needs("--shell");
  command->add_flag("--trace", line->is_traced, "with --faults: print every step");
  std::vector<std::string_view> own = not_simulated();
  own.emplace_back("policy");
  line->app.add_to(*command, own);
  command->footer(fmt::format(R"(Workloads:
{}
Service times (also of cold starts and patience, but for classes):
{}
With --cores, requests compute: each uses its replica's --cpu, and all share the cores. Without, they only take time.

  tenfold simulate --workload burst:n=100 --service constant:100ms --cores 2 --cpu 1 --policy aca --policy slo
  tenfold simulate app.yaml --workload poisson:rate=15 --service exponential:mean=500ms --duration 1h
  tenfold simulate --workload journal:DIR --policy knative      what another policy would have done)",
                              sim::workload_help(), sim::service_time_help()));
  command->callback([line, &exit_code] {
    const auto done = line->has_shell    ? simulate_shell(*line)
                      : line->has_faults ? simulate_faults(*line)
                                         : simulate(*line);
    if (!done) fmt::print(stderr, "tenfold simulate: {}\n", done.error());
    exit_code = done.value_or(2);
  });
}

}  // namespace tenfold::cli
