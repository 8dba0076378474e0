// The workloads of a run: those of the simulator, shared among threads.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "load/run.hpp"
#include "sim/workload.hpp"

namespace tenfold::load {

// The part of the run's workload that belongs to thread `thread` of `threads`: each arrival, and each client of a
// closed loop, belongs to one of them. Every thread makes it by itself and draws the same numbers. The error says what
// is wrong with the workload.
std::expected<std::unique_ptr<sim::Workload>, std::string> make_share(const RunOptions& options, std::uint32_t thread,
                                                                      std::uint32_t threads);

}  // namespace tenfold::load
