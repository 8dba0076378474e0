// The built-in solver: LP, MIP and QP models on HiGHS behind POST /solve, as one replica. docs/solver.md is the user's
// page.
#pragma once

#include <stop_token>

#include <tenfold/service.hpp>

namespace tenfold::solver {

// Answers one POST /solve. Thread-safe.
Answer solve_request(const Request& request, std::stop_token stop);

// Serves until it is told to end. Returns the exit code.
int run_solver_service();

}  // namespace tenfold::solver
