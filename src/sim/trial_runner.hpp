// Runs of one scenario under many choices and seeds, several at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/tune.hpp"

namespace tenfold::sim {

// What it is made of outlives it.
class TrialRunner {
 public:
  struct Job {
    Choice choice;
    std::uint64_t seed = 0;
  };
  struct Outcome {
    Trial trial;
    std::string error;
    bool was_interrupted = false;
  };

  TrialRunner(const config::AppConfig& app, const Scenario& scenario, const Objective& objective,
              const TuneOptions& options)
      : app_{app}, scenario_{scenario}, objective_{objective}, options_{options} {}

  // In the order of the jobs, whichever thread ran them. `go_on` is asked now and then, by one thread at a time.
  std::vector<Outcome> run(const std::vector<Job>& jobs, const std::function<bool()>& go_on) const;

 private:
  Outcome run_one(const Job& job, const std::function<bool()>& go_on) const;

  const config::AppConfig& app_;
  const Scenario& scenario_;
  const Objective& objective_;
  const TuneOptions& options_;
};

}  // namespace tenfold::sim
