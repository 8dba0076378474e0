// Runs beside each other: the numbers by which policies and settings are judged.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "report/story.hpp"

namespace tenfold::report {

// The requests of one class.
struct ClassSummary {
  std::string name;
  std::uint64_t requests = 0;
  std::uint64_t answered = 0;
  std::uint64_t rejected = 0;
  std::uint64_t left = 0;
  Percentiles wait;
  Percentiles total;
};

// What one run came to. All times are of the run's requests, by the same definitions as in a story.
struct Summary {
  std::string policy;     // what the run is called beside others
  Percentiles wait;       // until the slot; of those that got one
  Percentiles total;      // from arrival to answer; of those that were answered
  double p_wait = 0;      // the fraction that waited, of those that got a slot
  double makespan_s = 0;  // from the first arrival to the last end
  // The mean over the answered requests of the time from the run's first arrival to the answer. For a burst at one
  // instant it is the mean of `total`; where arrivals are spread, the mean time from arrival to answer is
  // `total.mean_s`.
  double mean_completion_s = 0;
  double replica_seconds = 0;  // from the start of each replica to its exit or the run's end
  std::uint64_t answered = 0;
  std::uint64_t rejected = 0;
  std::uint64_t left = 0;  // their clients did, before the answer
  std::uint64_t requests = 0;
  std::uint64_t decisions = 0;
  std::uint64_t starts = 0;                        // of replicas
  std::uint32_t most_replicas = 0;                 // starting or ready, at one time
  std::optional<double> simulated_requests_per_s;  // by the wall clock; not of a live run
  std::optional<double> cost;                      // in `cost_unit`, where prices are known
  std::string cost_unit;
  std::vector<ClassSummary> classes;  // of a simulation whose requests have some
};

// Runs of the same but for the seed; one or more.
using Replications = std::vector<Summary>;

// The numbers of a story's burst; of the whole run if that is what it tells (Scope::kWholeRun).
Summary summarize(const Story& story, std::string policy);

// Side by side, one column for each run; the best of a row is marked with `*`, and so is what equals it as printed.
std::string to_table(std::span<const Summary> summaries);
// The same as a table of a page.
std::string to_html_table(std::span<const Summary> summaries);
// In a terminal, of replications: means, and behind `±` half of the 95 % confidence interval.
std::string to_table(std::span<const Replications> all);

// One object with exactly these keys: policy; wait and total with mean_s, p50_s, p90_s, p95_s, p99_s, max_s; p_wait,
// makespan_s, mean_completion_s, replica_seconds, answered, rejected, left, requests, decisions, starts, most_replicas,
// cost and cost_unit (null without prices), simulated_requests_per_s (null if none); and classes, an object with one
// for each class by name: requests, answered, rejected, left, wait, total.
std::string to_json(const Summary& summary);
// An array of them.
std::string to_json(std::span<const Summary> summaries);

// The same keys with the means of all runs; and seeds, their number, and half_width_95, an object with the same keys
// and half of each mean's 95 % confidence interval, null of a single run.
std::string to_replicated_json(const Replications& runs);
std::string to_replicated_json(std::span<const Replications> all);

}  // namespace tenfold::report
