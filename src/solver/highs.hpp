// HiGHS: solves a checked model, and stops when it is told to, mostly.
#pragma once

#include <chrono>
#include <stop_token>
#include <string_view>

#include "solver/check_model.hpp"
#include "solver/incumbent.hpp"
#include "solver/options.hpp"
#include "solver/result.hpp"

namespace tenfold::solver {

// Solves within the options' limits, counted from now. Takes up to a second or so to stop after `stop` is requested or
// the time is up, but some of HiGHS's phases do not look: see run_watched. Several may run at once on several threads,
// each on one that solves nothing else.
Result solve(const CheckedModel& checked, const Options& options, const std::stop_token& stop, Incumbent& incumbent);

// What can be said of a solve that does not end: its best point so far, if any. `status` is time_limit or cancelled.
Result give_up(const CheckedModel& checked, const Incumbent& incumbent, std::string_view status);

}  // namespace tenfold::solver
