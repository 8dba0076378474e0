// What a client may ask of a solve.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tenfold/json.hpp>

namespace tenfold::solver {

struct Options {
  std::optional<double> time_limit;   // seconds
  std::optional<double> mip_rel_gap;  // relative
  std::optional<int> threads;         // 1 unless told otherwise: a replica is one of many
  std::optional<int> seed;
};
BOOST_DESCRIBE_STRUCT(Options, (), (time_limit, mip_rel_gap, threads, seed))

// The options of a query. What is unknown or out of range is an error with its place.
Options read_query(const std::vector<std::pair<std::string, std::string>>& query,
                   std::vector<json::FieldError>& errors);

// Checks ranges; `where` is the first part of the places of errors, "query" or "body".
void check(const Options& options, std::vector<std::string_view> where, std::vector<json::FieldError>& errors);

}  // namespace tenfold::solver
