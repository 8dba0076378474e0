// Sparse matrices by columns, as HiGHS takes them.
#pragma once

#include <cstddef>
#include <vector>

#include "solver/model.hpp"

namespace tenfold::solver {

// Column j has the entries start[j] to start[j + 1], ordered by their rows, each at most once and none of them 0.
struct Columns {
  std::vector<int> start;
  std::vector<int> index;
  std::vector<double> value;
};

// Adds up what stands at one place and drops what is 0. Linear in the number of entries.
Columns compress(const std::vector<Entry>& entries, std::size_t row_count, std::size_t column_count);

// Of a symmetric matrix the half with row >= column.
Columns lower_half(const Columns& whole);

// An entry that differs from the one on the other side of the diagonal by more than rounding.
struct Asymmetry {
  bool is_found = false;
  int row = 0;
  int column = 0;
  double value = 0;
  double opposite = 0;
};
Asymmetry find_asymmetry(const Columns& matrix);

}  // namespace tenfold::solver
