// The workloads on which the scale policies are judged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/scenario.hpp"

namespace tenfold::bench {

struct Case {
  std::string family;
  std::string name;
  sim::Scenario scenario;
  core::Duration target = std::chrono::milliseconds{500};  // of the 95th percentile of the wait
  std::uint32_t min = 1;
  std::uint32_t max = 50;
  std::uint32_t slots = 1;
  double cores = 0;  // zero: requests take time and no CPU
  double cpu = 1;
};

// All of them, by family.
std::vector<Case> all_cases();

}  // namespace tenfold::bench
