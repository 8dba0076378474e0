#include "solver/sparse.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tenfold::solver {

namespace {

// The order of the entries by a key below `key_count`, stable: counting, because sorting 10 million entries takes a
// second.
template <class Key>
std::vector<std::size_t> order_by(const std::vector<std::size_t>& given, std::size_t key_count, const Key& key) {
  std::vector<std::size_t> next(key_count + 1);
  for (const std::size_t k : given) ++next[key(k) + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  std::vector<std::size_t> order(given.size());
  for (const std::size_t k : given) order[next[key(k)]++] = k;
  return order;
}

double value_at(const Columns& matrix, int row, int column) {
  const auto first = matrix.index.begin() + matrix.start[static_cast<std::size_t>(column)];
  const auto last = matrix.index.begin() + matrix.start[static_cast<std::size_t>(column) + 1];
  const auto found = std::lower_bound(first, last, row);
  return found != last && *found == row ? matrix.value[static_cast<std::size_t>(found - matrix.index.begin())] : 0;
}

}  // namespace

Columns compress(const std::vector<Entry>& entries, std::size_t row_count, std::size_t column_count) {
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  order = order_by(order, row_count, [&](std::size_t k) { return static_cast<std::size_t>(entries[k].row); });
  order = order_by(order, column_count, [&](std::size_t k) { return static_cast<std::size_t>(entries[k].column); });
  Columns made;
  made.start.reserve(column_count + 1);
  made.start.push_back(0);
  std::size_t at = 0;
  for (std::size_t j = 0; j < column_count; ++j) {
    while (at < order.size() && static_cast<std::size_t>(entries[order[at]].column) == j) {
      const int row = entries[order[at]].row;
      double sum = 0;
      for (; at < order.size() && entries[order[at]].row == row &&
             static_cast<std::size_t>(entries[order[at]].column) == j;
           ++at) {
        sum += entries[order[at]].value;
      }
      if (sum == 0) continue;
      made.index.push_back(row);
      made.value.push_back(sum);
    }
    made.start.push_back(static_cast<int>(made.index.size()));
  }
  return made;
}

Columns lower_half(const Columns& whole) {
  Columns half{.start = {0}};
  for (std::size_t j = 0; j + 1 < whole.start.size(); ++j) {
    for (auto k = static_cast<std::size_t>(whole.start[j]); k < static_cast<std::size_t>(whole.start[j + 1]); ++k) {
      if (whole.index[k] < static_cast<int>(j)) continue;
      half.index.push_back(whole.index[k]);
      half.value.push_back(whole.value[k]);
    }
    half.start.push_back(static_cast<int>(half.index.size()));
  }
  return half;
}

Asymmetry find_asymmetry(const Columns& matrix) {
  constexpr double kRounding = 1e-12;
  for (std::size_t j = 0; j + 1 < matrix.start.size(); ++j) {
    for (auto k = static_cast<std::size_t>(matrix.start[j]); k < static_cast<std::size_t>(matrix.start[j + 1]); ++k) {
      const double value = matrix.value[k];
      const double opposite = value_at(matrix, static_cast<int>(j), matrix.index[k]);
      if (std::abs(value - opposite) <= kRounding * std::abs(value)) continue;
      return {true, matrix.index[k], static_cast<int>(j), value, opposite};
    }
  }
  return {};
}

}  // namespace tenfold::solver
