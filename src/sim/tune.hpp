// Searches settings for the cheapest that meet an objective, by simulating them.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "config/app_config.hpp"
#include "sim/objective.hpp"
#include "sim/scenario.hpp"

namespace tenfold::sim {

// What is searched; all else stays as the app has it.
struct Choice {
  core::PolicyKind policy = core::PolicyKind::kSlo;
  std::uint32_t min_replicas = 2;
  std::uint32_t max_replicas = 10;
  std::uint32_t concurrency = 1;
  double cpu = 0.5;
  // What the policy aims at: requests for a replica (aca, hpa), percent of its slots (knative), seconds of wait (slo).
  double target = 0;
  friend auto operator<=>(const Choice&, const Choice&) = default;
};

// The app with the choice made, and in words: "slo 500 ms, 2 to 6 replicas".
config::AppConfig with(const config::AppConfig& app, const Choice& choice);
std::string to_words(const Choice& choice);

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

struct Tuning {
  std::vector<Trial> trials;  // all that were simulated
  Trial best;                 // the cheapest that meets the objective; if none does, the nearest to it
  Trial today;                // the app as it is
  bool was_interrupted = false;
};

struct TuneHooks {
  // What a run costs.
  std::function<double(const Result&, const config::AppConfig&)> cost;
  // After each trial, with how many there have been and the best so far; false ends the search early.
  std::function<bool(std::size_t trials, const Trial& best)> progress;
};

// First each policy over its targets and the least replicas, then from the best of each one setting after the other as
// long as that helps (coordinate descent). A service that computes is tried with other CPUs too: a request is one
// thread, so its time in a slot shrinks with `cpu` up to one and not beyond. The error says what is wrong with the
// scenario.
std::expected<Tuning, std::string> tune(const config::AppConfig& app, const Scenario& scenario,
                                        const Objective& objective, const TuneHooks& hooks);

}  // namespace tenfold::sim
