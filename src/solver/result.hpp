// What a solve found, as it is answered. docs/solver.md is the user's page.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tenfold/json.hpp>

#include "solver/model.hpp"

namespace tenfold::solver {

struct Times {
  double read_s = 0;
  double solve_s = 0;
};
BOOST_DESCRIBE_STRUCT(Times, (), (read_s, solve_s))

// `status` is optimal, infeasible, unbounded, time_limit, cancelled or error.
struct Result {
  std::string status;
  std::string sense;                // min or max
  std::optional<double> objective;  // of the best point found
  std::optional<double> bound;      // no point is better than this
  std::optional<double> gap;        // relative, between the two
  std::int64_t iterations = 0;
  std::int64_t nodes = 0;
  Times times;
  std::optional<std::string> message;  // why it is an error
  std::vector<std::string> warnings;   // what was read otherwise than it is written: the first 100, and how many more
  std::optional<json::Value> columns;  // each by its name: its value and reduced cost
  std::optional<json::Value> rows;     // each by its name: its activity and dual
};
BOOST_DESCRIBE_STRUCT(Result, (),
                      (status, sense, objective, bound, gap, iterations, nodes, times, message, warnings, columns,
                       rows))

// A point, and what goes with it where that is known: without duals the lists of them are empty.
struct Point {
  std::vector<double> values;
  std::vector<double> reduced_costs;
  std::vector<double> activities;
  std::vector<double> duals;
};

// A result with all that does not depend on how the solve went: sense and warnings.
Result begin_result(const Model& model, std::string status);

// Puts a point into a result, by the model's names.
void put_point(Result& result, const Model& model, const Point& point);

}  // namespace tenfold::solver
