// Faults, by seed: a service whose replicas crash, hang, start slowly or not at all and lose their readiness, whose
// clients leave, whose configuration changes and whose clock steps, with every promise checked after every event. Half
// of the seeds draw their times from few round values, so that an answer comes when its deadline ends. Half of them end
// the service after a burst, while faults go on.
//
// One seed is one run, always the same: a seed that fails is the whole bug report.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/service.hpp"
#include "sim/world.hpp"

namespace tenfold::sim {

struct FaultOptions {
  std::uint64_t seed = 1;
  // How long faults and requests go on; after it the world heals, and every request must come to its end.
  core::Duration duration = std::chrono::hours{1};
};

struct FaultResult {
  // The first promise that was broken, and when; empty if none was.
  std::string broken;
  core::TimePoint broken_at{};
  std::uint64_t steps = 0;
  std::uint64_t requests = 0;
  std::uint64_t answered = 0;
  std::uint64_t rejected = 0;
  std::uint64_t left = 0;
  // What was done to the service.
  std::uint64_t crashes = 0;
  std::uint64_t failed_starts = 0;
  std::uint64_t hangs = 0;
  std::uint64_t failed_probes = 0;
  std::uint64_t config_changes = 0;
  std::uint64_t clock_steps = 0;
  std::uint64_t busy = 0;           // dispatches that a living replica did not take
  std::uint64_t lost_alone = 0;     // dispatches that were lost or answered badly by a replica that lives on
  std::uint64_t never_ended = 0;    // requests that no answer ends, as programs hang in one
  std::uint64_t ties = 0;           // instants in which a time ended and something happened
  std::uint64_t waited_at_end = 0;  // requests that waited when the service was told to end
};

// Runs one seed. `observer`, if there is one, sees every step.
FaultResult run_faults(const FaultOptions& options, StepObserver* observer = nullptr);

}  // namespace tenfold::sim
