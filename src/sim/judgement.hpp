// Whether settings meet an objective on more seeds than the one that they were found with.
#pragma once

#include <cstdint>
#include <vector>

#include "base/estimate.hpp"
#include "config/app_config.hpp"
#include "sim/objective.hpp"

namespace tenfold::sim {

// What a replication came to.
struct Replication {
  double cost = 0;
  double measure_s = 0;  // what the objective bounds; infinite if clients left before it
  bool is_met = false;
};

// Replications of the same settings, each under another seed.
struct Judgement {
  std::uint64_t seeds = 0;
  std::uint64_t met = 0;
  Estimate cost;
  double least_s = 0;
  double mean_s = 0;
  double most_s = 0;
  // All met it, and by their scatter at least 95 % of all seeds would, at 90 % confidence: the one-sided tolerance
  // bound of a normal distribution (Natrella, "Experimental Statistics", NBS Handbook 91, 2-5), of the logarithms where
  // all are above zero, because times have long tails.
  bool is_met = false;
};

Judgement judge(const std::vector<Replication>& replications, const Objective& objective);

}  // namespace tenfold::sim
