#include "sim/scenario.hpp"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "config/cron.hpp"
#include "sim/cold_start.hpp"

namespace tenfold::sim {

namespace {

// Of the changes that schedules bring: further than that no simulation goes on a whim.
constexpr core::Duration kLongestTimetable = std::chrono::hours{24 * 366};
constexpr std::size_t kMostChanges = 100'000;

std::expected<Models, std::string> make_models(const Scenario& scenario) {
  Models models;
  auto workload = make_workload(scenario.workload, scenario.seed);
  if (!workload) return std::unexpected(workload.error());
  auto service = make_service_time(scenario.service, scenario.seed);
  if (!service) return std::unexpected(service.error());
  auto cold_start = make_cold_start(scenario.cold_start);
  if (!cold_start) return std::unexpected(cold_start.error());
  models.workload = std::move(*workload);
  models.service = std::move(*service);
  models.cold_start = std::move(*cold_start);
  if (scenario.patience.empty()) return models;
  auto patience = make_patience(scenario.patience);
  if (!patience) return std::unexpected(patience.error());
  models.patience = std::move(*patience);
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

WorldOptions options_of(const config::AppConfig& app, const Scenario& scenario, const Workload& workload) {
  WorldOptions options{.seed = scenario.seed,
                       .request_timeout = app.request_timeout,
                       .is_cpu_bound = app.core.machine.cores > 0,
                       .service_scale = scenario.service_scale};
  options.scheduled = timetable(app, scenario);
  const bool is_endless = !workload.total();
  if (scenario.requests) options.requests = *scenario.requests;
  if (scenario.duration) options.duration = options.until = *scenario.duration;
  if (is_endless && !scenario.requests && !scenario.duration) options.requests = kDefaultRequests;
  return options;
}

}  // namespace

std::expected<Result, std::string> run_scenario(const config::AppConfig& app, const Scenario& scenario,
                                                const RunHooks& hooks) {
  auto models = make_models(scenario);
  if (!models) return std::unexpected(models.error());
  WorldOptions options = options_of(app, scenario, *models->workload);
  World world{app.core, std::move(*models), std::move(options)};
  if (hooks.observer) world.observe(*hooks.observer);
  if (hooks.progress)
    world.on_progress([&hooks](const Recorder& recorder) { return hooks.progress(recorder.so_far()); });
  return world.run();
}

std::optional<std::uint64_t> requests_of(const Scenario& scenario) {
  const auto workload = make_workload(scenario.workload, scenario.seed);
  if (!workload) return std::nullopt;
  const auto total = (*workload)->total();
  if (total && scenario.requests) return std::min(*total, *scenario.requests);
  if (total) return total;
  if (scenario.requests) return scenario.requests;
  return scenario.duration ? std::nullopt : std::optional{kDefaultRequests};
}

}  // namespace tenfold::sim
