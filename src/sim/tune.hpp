// Searches settings for the cheapest that meet an objective, by simulating them.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/app_config.hpp"
#include "sim/judgement.hpp"
#include "sim/objective.hpp"
#include "sim/scenario.hpp"

namespace tenfold::sim {

// What is searched; all else stays as the app has it.
struct Choice {
  core::PolicyKind policy = core::PolicyKind::kSlo;
  // What aca and hpa follow: kHttp or kCpu. kHttp of the others.
  core::RuleKind metric = core::RuleKind::kHttp;
  std::uint32_t min_replicas = 2;
  std::uint32_t max_replicas = 10;
  std::uint32_t concurrency = 1;
  double cpu = 0.5;
  // What the policy aims at: requests for a replica or percent of its CPU (aca, hpa), percent of its slots (knative),
  // seconds of wait (slo), seconds that an idle replica is kept (per-request).
  double target = 0;
  // How quickly it follows the load: the sync period (hpa), the stable window (knative); zero of the others.
  core::Duration pace{};
  friend auto operator<=>(const Choice&, const Choice&) = default;
};

// What the app has chosen, and what it would be under another policy with that one's own settings.
Choice choice_of(const config::AppConfig& app);
Choice choice_under(const config::AppConfig& app, core::PolicyKind policy);

// The app with the choice made, and in words: "slo 500 ms, 2 to 6 replicas"; of a constant count without the policy,
// which then does nothing. A replica with other CPUs than the app's has the memory that goes with them on Azure, 2 GiB
// for each.
config::AppConfig with(const config::AppConfig& app, const Choice& choice);
std::string to_words(const Choice& choice);

// One run, under the scenario's seed.
struct Trial {
  Choice choice;
  double cost = 0;
  double measure_s = 0;  // what the objective bounds
  double p95_wait_s = 0;
  double mean_total_s = 0;
  double replica_s = 0;
  std::uint64_t rejected = 0;
  bool is_met = false;
};

// Settings that were judged on more than one seed.
struct Finalist {
  Trial trial;
  Judgement judged;  // on the scenario's seed and those after it, the same for all finalists
  Judgement unseen;  // on seeds that nothing was chosen by; none if it was not met on the others
  // Met on the seeds that it was judged by, and on at least 95 % of the unseen ones.
  bool is_met = false;
};

struct Tuning {
  std::vector<Trial> trials;  // all that were simulated
  Finalist best;              // the cheapest that meets the objective; if none does, the nearest to it
  Trial today;                // the app as it is
  // The best of those that were not chosen; nothing if there was only one.
  std::optional<Finalist> runner_up;
  bool was_interrupted = false;
};

struct TuneOptions {
  // What a run costs.
  std::function<double(const Result&, const config::AppConfig&)> cost;
  // After each trial, with how many there have been and the best so far; false ends the search early. Not called by two
  // threads at a time.
  std::function<bool(std::size_t trials, const Trial& best)> progress;
  // Runs at one time. The result does not depend on it.
  std::uint32_t jobs = 1;
  // Only what Azure Container Apps can run: its policy, its pairs of CPU and memory, the slots that the app has.
  bool is_for_aca = false;
};

// First each policy over its targets and the least replicas, then from the best of each one setting after the other as
// long as that helps (coordinate descent), all under the scenario's seed. Then the cheapest are judged on 20 seeds, the
// same for all, and what holds there on 40 further ones; and from the best of these once more each setting is tried.
// What is dearer than the best on the first five seeds, beyond the scatter of the differences, is judged no further:
// a race (Maron and Moore, "Hoeffding Races", NIPS 1994), here by paired differences. A service that computes is tried
// with other CPUs, and never with more slots than CPUs. The error says what is wrong with the scenario.
std::expected<Tuning, std::string> tune(const config::AppConfig& app, const Scenario& scenario,
                                        const Objective& objective, const TuneOptions& options);

}  // namespace tenfold::sim
