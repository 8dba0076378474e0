// A model as every reader makes it and as HiGHS is given it: numbers by place, and the names beside them, which HiGHS
// never sees.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace tenfold::solver {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

enum class ColumnType : std::uint8_t { kContinuous, kInteger, kSemiContinuous, kSemiInteger };

struct Column {
  std::string name;
  double cost = 0;
  double lower = 0;
  double upper = kInfinity;
  ColumnType type = ColumnType::kContinuous;
};

struct Row {
  std::string name;
  double lower = -kInfinity;
  double upper = kInfinity;
};

// One number of a matrix, at a row and a column counted from 0.
struct Entry {
  int row = 0;
  int column = 0;
  double value = 0;
};

struct Model {
  bool is_maximized = false;
  double offset = 0;
  std::vector<Column> columns;
  std::vector<Row> rows;
  std::vector<Entry> matrix;          // in any order; entries at one place add up
  std::vector<Entry> hessian;         // Q of 1/2 x'Qx, both halves of it, in the same way
  std::vector<std::string> warnings;  // what was read otherwise than it is written, for the answer
};

// What is wrong with a model, and where: in a line of its text or in a part of it.
struct ModelError {
  std::size_t line = 0;  // from 1; 0 when no line is to blame
  std::string what;
  std::string text;       // the line
  std::string_view part;  // "columns", "rows", "matrix", "hessian", or nothing
  int index = -1;         // which column or row
};

}  // namespace tenfold::solver
