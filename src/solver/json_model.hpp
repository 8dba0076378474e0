// A model written as JSON: docs/solver.md is the user's page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <tenfold/json.hpp>

#include "solver/options.hpp"

namespace tenfold::solver {

struct Column {
  std::optional<std::string> name;
  std::optional<double> cost = 0.0;
  std::optional<double> lower = 0.0;  // null: none
  std::optional<double> upper;
  std::optional<std::string> type;  // continuous, integer, semi_continuous, semi_integer
};
BOOST_DESCRIBE_STRUCT(Column, (), (name, cost, lower, upper, type))

struct Row {
  std::optional<std::string> name;
  std::optional<double> lower;
  std::optional<double> upper;
};
BOOST_DESCRIBE_STRUCT(Row, (), (name, lower, upper))

// Entry k is `values[k]` at row `rows[k]` and column `columns[k]`, counted from 0.
struct Triplets {
  std::vector<int> rows;
  std::vector<int> columns;
  std::vector<double> values;
};
BOOST_DESCRIBE_STRUCT(Triplets, (), (rows, columns, values))

struct JsonModel {
  std::optional<std::string> sense;  // min or max
  std::optional<double> offset;
  std::vector<Column> columns;
  std::vector<Row> rows;
  Triplets matrix;
  std::optional<Triplets> hessian;  // Q of 1/2 x'Qx: its lower triangle, or all of it
  std::optional<Options> options;
};
BOOST_DESCRIBE_STRUCT(JsonModel, (), (sense, offset, columns, rows, matrix, hessian, options))

// The model, or every error with its place.
JsonModel read_json_model(std::string_view text, std::vector<json::FieldError>& errors);

}  // namespace tenfold::solver
