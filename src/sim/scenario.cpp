#include "sim/scenario.hpp"

#include <algorithm>
#include <cmath>
#include <ranges>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/cron.hpp"
#include "core/service_times.hpp"
#include "sim/cold_start.hpp"
#include "sim/failures.hpp"
#include "sim/journal_source.hpp"

namespace tenfold::sim {

namespace {

// Of the changes that schedules bring: further than that no simulation goes on a whim.
constexpr core::Duration kLongestTimetable = std::chrono::hours{24 * 366};
constexpr std::size_t kMostChanges = 100'000;

std::expected<Models, std::string> make_models(const Scenario& scenario, ClassNames& classes) {
  Models models;
  auto workload =
      make_workload(scenario.workload, scenario.seed, {.rate_scale = scenario.rate_scale, .classes = &classes});
  if (!workload) return std::unexpected(workload.error());
  if ((*workload)->wants_service && !scenario.is_service_stated)
    return std::unexpected(fmt::format(
        "--workload {}: it does not tell how long requests took, and nothing can be made up for it: give --service",
        scenario.workload));
  if (is_logged(scenario) && !(*workload)->wants_service && scenario.is_service_stated)
    (*workload)->notes.emplace_back("its own service times go before --service; log:FILE,service=no leaves them away");
  auto service = make_service_time(scenario.service, scenario.seed, &classes);
  if (!service) return std::unexpected(service.error());
  auto cold_start = make_cold_start(scenario.cold_start);
  if (!cold_start) return std::unexpected(cold_start.error());
  models.workload = std::move(*workload);
  models.service = std::move(*service);
  models.cold_start = std::move(*cold_start);
  if (!scenario.patience.empty()) {
    auto patience = make_patience(scenario.patience);
    if (!patience) return std::unexpected(patience.error());
    models.patience = std::move(*patience);
  }
  if (!scenario.failures.empty()) {
    const auto failures = parse_failures(scenario.failures);
    if (!failures) return std::unexpected(failures.error());
    models.failures = *failures;
  }
  if (!scenario.request_memory.empty()) {
    auto memory = make_request_memory(scenario.request_memory);
    if (!memory) return std::unexpected(memory.error());
    models.memory = std::move(*memory);
  }
  return models;
}

// What the app's schedule rules ask for, from the scenario's first instant on.
std::vector<Scheduled> timetable(const config::AppConfig& app, const Scenario& scenario) {
  const std::chrono::sys_seconds begin{scenario.begins_at};
  const core::Duration horizon = std::min(scenario.duration.value_or(kLongestTimetable), kLongestTimetable);
  const std::chrono::sys_seconds end = begin + std::chrono::ceil<std::chrono::seconds>(horizon);
  std::vector<Scheduled> all;
  for (const config::MetricSource& source : app.metric_sources) {
    const auto* cron = std::get_if<config::CronSource>(&source.from);
    if (!cron) continue;
    for (std::chrono::sys_seconds at = begin; at < end && all.size() < kMostChanges;
         at = config::next_change(*cron, at)) {
      all.push_back({.at = at - begin,
                     .event = core::MetricObserved{.rule = source.rule,
                                                   .value = static_cast<double>(config::schedule_value(*cron, at))}});
    }
  }
  std::ranges::stable_sort(all, {}, &Scheduled::at);
  return all;
}

// How often the policy polls; zero for one that events wake.
core::Duration poll_period(const core::ScaleSettings& scale) {
  switch (scale.policy) {
    case core::PolicyKind::kAca:
      return std::max(scale.aca.evaluation_interval, scale.aca.polling_interval);
    case core::PolicyKind::kHpa:
      return scale.hpa.sync_period;
    case core::PolicyKind::kKnative:
      return scale.knative.tick_interval;
    case core::PolicyKind::kSlo:
    case core::PolicyKind::kPerRequest:
      break;
  }
  return {};
}

// Replicas for which the nodes have room.
std::uint32_t most_placed(const core::ReplicaSettings& replica, const Scenario& scenario) {
  double most = UINT32_MAX;
  if (scenario.node_cpu > 0) most = std::min(most, std::floor(scenario.node_cpu / replica.cpu + 1e-9));
  const auto memory = static_cast<double>(core::to_number(scenario.node_memory));
  if (memory > 0) most = std::min(most, std::floor(memory / static_cast<double>(core::to_number(replica.memory))));
  return static_cast<std::uint32_t>(most);
}

WorldOptions options_of(const config::AppConfig& app, const Scenario& scenario, const Workload& workload) {
  WorldOptions options{
      .seed = scenario.seed,
      .request_timeout = app.request_timeout,
      .is_cpu_bound = computes(app, scenario),
      .cores_taken = scenario.cores_taken,
      .service_scale = computes(app, scenario) ? scenario.recorded_cpu / std::min(1.0, app.core.replica.cpu) : 1,
      .is_safe_to_repeat = app.is_retry_safe,
      .warm_up = scenario.warm_up,
      .poll_period = poll_period(app.core.scale),
      .poll_offset = workload.offset(),
      .idle_memory = scenario.idle_memory,
      .most_placed = most_placed(app.core.replica, scenario)};
  options.scheduled = timetable(app, scenario);
  const bool is_endless = !workload.total();
  if (scenario.requests) options.requests = *scenario.requests;
  if (scenario.duration) options.duration = options.until = *scenario.duration;
  if (is_endless && !scenario.requests && !scenario.duration) options.requests = kDefaultRequests;
  return options;
}

// That classes of requests took times which are not theirs: a trace's names are not always those of its model.
std::optional<std::string> note_of_unknown(const std::vector<core::RequestClass>& classes,
                                           const std::vector<std::string>& names, std::string_view service) {
  constexpr std::size_t kShown = 3;
  if (classes.empty()) return std::nullopt;
  std::vector<std::string_view> shown;
  for (const core::RequestClass klass : classes | std::views::take(kShown))
    shown.emplace_back(names[core::to_number(klass) - 1]);
  const std::string more =
      classes.size() > kShown ? fmt::format(" and {} more", classes.size() - kShown) : std::string{};
  return fmt::format("--service {} has no times of {}{}: each such request took the time of any other", service,
                     fmt::join(shown, ", "), more);
}

// What "journal:DIR" names.
std::expected<Recording, std::string> recording_of(std::string_view spec) {
  constexpr std::string_view kJournal = "journal:";
  if (!spec.starts_with(kJournal)) return std::unexpected("it needs --workload journal:DIR");
  const auto meant = parse_journal_spec(spec.substr(kJournal.size()));
  if (!meant) return std::unexpected(meant.error());
  ClassNames classes;
  return read_recording(meant->directory, classes);
}

}  // namespace

bool is_logged(const Scenario& scenario) { return scenario.workload.starts_with("log:"); }

bool computes(const config::AppConfig& app, const Scenario& scenario) {
  return scenario.has_own_cores || app.core.machine.cores > 0;
}

std::optional<double> measured_cpus(const Scenario& scenario) {
  for (const std::string& spec : {scenario.service, scenario.workload}) {
    const auto recording = recording_of(spec);
    if (recording && recording->cpus_per_slot > 0) return recording->cpus_per_slot;
  }
  return std::nullopt;
}

std::expected<void, std::string> take_over(config::AppConfig& app, Scenario& scenario) {
  const auto recording = recording_of(scenario.workload);
  if (!recording) return std::unexpected(recording.error());
  const auto is_observed = [](const core::ScaleRule& rule) { return core::is_observed(rule.kind); };
  if (std::ranges::any_of(recording->settings.scale.rules, is_observed))
    return std::unexpected("the service had scale rules whose values only its file says where to get");
  app.core = recording->settings;
  app.has_min_replicas = true;
  app.has_cpu = recording->has_cpu;
  app.has_memory = recording->has_memory;
  app.prices = recording->prices;
  // A limit that nothing kept was none: the replica had what it used.
  const double used = recording->cpus_per_slot * app.core.replica.concurrency;
  app.core.replica.cpu = std::max(app.core.replica.cpu, used);
  const double cpu = std::min(1.0, app.core.replica.cpu);
  if (recording->cpus_per_slot >= core::kCpuBound * cpu) {
    scenario.recorded_cpu = cpu;
  } else {
    app.core.machine.cores = 0;
  }
  return {};
}

std::expected<ScenarioResult, std::string> run_scenario(const config::AppConfig& app, const Scenario& scenario,
                                                        const RunHooks& hooks) {
  ClassNames classes;
  auto models = make_models(scenario, classes);
  if (!models) return std::unexpected(models.error());
  WorldOptions options = options_of(app, scenario, *models->workload);
  ScenarioResult made;
  made.notes = std::move(models->workload->notes);
  made.class_names = models->class_names = classes.all();
  if (options.most_placed == 0) return std::unexpected("the nodes have no room for a single replica");
  core::Settings settings = app.core;
  if (scenario.has_own_cores) settings.machine.cores = 0;
  if (options.cores_taken > 0 && options.cores_taken >= settings.machine.cores)
    return std::unexpected(fmt::format("others cannot have {:g} cores of the machine's {:g} (--cores) to themselves",
                                       options.cores_taken, settings.machine.cores));
  const ServiceTime& service = *models->service;  // the world's, from here on
  World world{settings, std::move(*models), std::move(options)};
  if (hooks.observer) world.observe(*hooks.observer);
  if (hooks.progress)
    world.on_progress([&hooks](const Recorder& recorder) { return hooks.progress(recorder.so_far()); });
  static_cast<Result&>(made) = world.run();
  if (auto note = note_of_unknown(service.unknown_classes(), made.class_names, scenario.service))
    made.notes.push_back(std::move(*note));
  if (made.was_interrupted) return made;
  if (made.went_beyond_time) {
    return std::unexpected(
        fmt::format("--workload {}: some requests would come after 250 years and more; give --requests or --duration",
                    scenario.workload));
  }
  if (made.requests == 0 && scenario.warm_up > core::Duration::zero())
    return std::unexpected("--warm-up: no request came after it");
  return made;
}

std::optional<std::uint64_t> requests_of(const Scenario& scenario) {
  const auto workload = make_workload(scenario.workload, scenario.seed, {.rate_scale = scenario.rate_scale});
  if (!workload) return std::nullopt;
  const auto total = (*workload)->total();
  if (total && scenario.requests) return std::min(*total, *scenario.requests);
  if (total) return total;
  if (scenario.requests) return scenario.requests;
  return scenario.duration ? std::nullopt : std::optional{kDefaultRequests};
}

}  // namespace tenfold::sim
