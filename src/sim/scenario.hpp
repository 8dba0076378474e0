// A simulation as it is asked for in words: what comes, how long it takes, and for how long it goes on.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/app_config.hpp"
#include "sim/world.hpp"

namespace tenfold::sim {

struct Scenario {
  std::string workload = "burst:n=100";
  std::string service = "exponential:mean=500ms";
  bool is_service_stated = false;  // by whom it is for: not the one above
  std::string cold_start = "constant:1s";
  std::string patience;  // empty: clients stay
  std::string failures;  // empty: replicas do not fail
  // Of a request while it runs; empty: memory is not looked at. And of a replica beside its requests.
  std::string request_memory;
  core::Bytes idle_memory{};
  // CPUs and memory of the nodes that replicas are placed on; zero for any.
  double node_cpu = 0;
  core::Bytes node_memory{};
  // So many times as many requests as the workload says, in the same time.
  double rate_scale = 1;
  // Of a workload that does not end by itself. None of both: kDefaultRequests.
  std::optional<std::uint64_t> requests;
  std::optional<core::Duration> duration;
  // What comes and passes before it is not counted.
  core::Duration warm_up{};
  std::uint64_t seed = 1;
  // The wall clock at the workload's zero, for schedule rules, since 1970; by default a Monday's midnight.
  std::chrono::seconds begins_at{1767571200};  // 2026-01-05T00:00:00Z
  // Requests compute, each replica on CPUs of its own, as on Azure; else they do where the app's machine has a number
  // of cores, and share those.
  bool has_own_cores = false;
  // Of the machine's cores, what others on it have to themselves.
  double cores_taken = 0;
  // Service times that compute were measured on so much of a CPU: see take_over.
  double recorded_cpu = 1;
};

inline constexpr std::uint64_t kDefaultRequests = 100'000;

// What a run came to, and whose it was.
struct ScenarioResult : Result {
  // Of class n at n - 1, where requests have classes with names.
  std::vector<std::string> class_names;
  // What people should know of the files that the scenario names, a sentence each.
  std::vector<std::string> notes;
};

struct RunHooks {
  StepObserver* observer = nullptr;
  // Now and then, with what there is so far; false ends the run early.
  std::function<bool(const Result&)> progress;
};

// Whether the workload is a log, whose own service times go first.
bool is_logged(const Scenario& scenario);

// Whether requests compute. Then a service time is that of a whole CPU: a replica with less takes longer, in
// proportion, and one with more takes as long, because a request is one thread.
bool computes(const config::AppConfig& app, const Scenario& scenario);

// CPUs that a running request used in the journal that the scenario is of; nothing if it is of none, or where nothing
// ran long enough to tell.
std::optional<double> measured_cpus(const Scenario& scenario);

// Takes the settings over that the service had whose journal the scenario's workload is, with the cores that it had if
// its requests computed: if they used, of the CPU that a replica has, as much as core::kCpuBound says. The error says
// that there is none, or that it has rules whose values are not in a journal.
std::expected<void, std::string> take_over(config::AppConfig& app, Scenario& scenario);

// Runs `scenario` against the app. Requests that compute use their replica's `cpu`, and replicas share the machine's
// cores when they want more. Else they only take their time. The error says what is wrong with the scenario.
std::expected<ScenarioResult, std::string> run_scenario(const config::AppConfig& app, const Scenario& scenario,
                                                        const RunHooks& hooks = {});

// How many requests there will be at most, where the scenario says.
std::optional<std::uint64_t> requests_of(const Scenario& scenario);

}  // namespace tenfold::sim
