// A policy on a workload, over several seeds.
#pragma once

#include <functional>
#include <string>

#include "policies/cases.hpp"

namespace tenfold::bench {

struct Setting {
  std::string words;
  std::function<void(core::Settings&)> apply;
};

// Means over the seeds.
struct Run {
  std::string words;
  double replica_s = 0;
  double p95_s = 0;
  double starts = 0;
  double bound_s = 0;  // replica-seconds without which nobody does the same work: what the requests take in their slots
};

// Ends the program where the simulation cannot run.
Run run(const Case& c, core::PolicyKind policy, const Setting& setting, std::uint64_t seeds);

}  // namespace tenfold::bench
