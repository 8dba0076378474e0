#include "solver/definite.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

namespace tenfold::solver {

namespace {

constexpr double kPivotTolerance = 1e-10;
constexpr double kEntryTolerance =
    1e-5;  // its root: in a semidefinite matrix an entry is at most the root of its pivots
constexpr std::size_t kMaxDense = 5000;
constexpr std::size_t kSparseDegree = 32;  // below it a row is not worth a dense matrix

struct Neighbour {
  int index;
  double value;
};
using Neighbours = std::vector<Neighbour>;  // by index

// Gaussian elimination of a symmetric matrix along its diagonal, the rows with the fewest entries first.
class Elimination {
 public:
  Elimination(std::vector<double> diagonal, std::vector<Neighbours> rows)
      : diagonal_{std::move(diagonal)}, rows_{std::move(rows)} {
    for (std::size_t i = 0; i < rows_.size(); ++i) waiting_.emplace(rows_[i].size(), static_cast<int>(i));
  }

  Definiteness run() {
    while (!waiting_.empty() && !is_dense()) {
      const int pivot = waiting_.begin()->second;
      waiting_.erase(waiting_.begin());
      if (!eliminate(pivot)) return {Definiteness::Verdict::kIndefinite, pivot};
    }
    if (waiting_.size() > kMaxDense) return {Definiteness::Verdict::kTooDense};
    return run_dense();
  }

 private:
  bool is_dense() const {
    const std::size_t degree = waiting_.begin()->first;
    return degree > kSparseDegree && degree > waiting_.size() / 4;
  }

  bool eliminate(int pivot) {
    const Neighbours row = std::move(rows_[static_cast<std::size_t>(pivot)]);
    const double d = diagonal_[static_cast<std::size_t>(pivot)];
    if (d < -kPivotTolerance) return false;
    const bool is_zero = d <= kPivotTolerance;
    for (const auto& [index, value] : row) {
      if (is_zero && std::abs(value) > kEntryTolerance) return false;
      const auto i = static_cast<std::size_t>(index);
      waiting_.erase({rows_[i].size(), index});
      const double factor = is_zero ? 0 : value / d;
      diagonal_[i] -= factor * value;
      subtract(rows_[i], pivot, row, factor, index);
      waiting_.emplace(rows_[i].size(), index);
    }
    return true;
  }

  // row -= factor * subtrahend, where the columns `pivot` and `self` are no part of the result.
  void subtract(Neighbours& row, int pivot, const Neighbours& subtrahend, double factor, int self) {
    merged_.clear();
    auto left = row.begin();
    auto right = factor == 0 ? subtrahend.end() : subtrahend.begin();
    while (left != row.end() || right != subtrahend.end()) {
      const bool is_left = right == subtrahend.end() || (left != row.end() && left->index <= right->index);
      const bool is_right = left == row.end() || (right != subtrahend.end() && right->index <= left->index);
      Neighbour next{.index = is_left ? left->index : right->index, .value = 0};
      if (is_left) next.value += (left++)->value;
      if (is_right) next.value -= factor * (right++)->value;
      if (next.index != pivot && next.index != self) merged_.push_back(next);
    }
    row.assign(merged_.begin(), merged_.end());
  }

  // The rest as a dense matrix.
  Definiteness run_dense() {
    std::vector<int> indices;
    indices.reserve(waiting_.size());
    for (const auto& [degree, index] : waiting_) indices.push_back(index);
    std::ranges::sort(indices);
    const std::size_t size = indices.size();
    std::vector<double> matrix(size * size);
    for (std::size_t a = 0; a < size; ++a) {
      const auto i = static_cast<std::size_t>(indices[a]);
      matrix[a * size + a] = diagonal_[i];
      for (const auto& [index, value] : rows_[i]) {
        const auto b = static_cast<std::size_t>(std::ranges::lower_bound(indices, index) - indices.begin());
        matrix[a * size + b] = value;
      }
    }
    const auto bad = eliminate_dense(matrix, size);
    if (bad) return {Definiteness::Verdict::kIndefinite, indices[*bad]};
    return {};
  }

  static std::optional<std::size_t> eliminate_dense(std::vector<double>& matrix, std::size_t size) {
    std::vector<double> column(size);
    for (std::size_t p = 0; p < size; ++p) {
      const double d = matrix[p * size + p];
      if (d < -kPivotTolerance) return p;
      for (std::size_t a = p + 1; a < size; ++a) column[a] = matrix[a * size + p];
      const bool is_zero = d <= kPivotTolerance;
      const auto is_large = [](double value) { return std::abs(value) > kEntryTolerance; };
      if (is_zero && std::any_of(column.begin() + static_cast<std::ptrdiff_t>(p) + 1, column.end(), is_large)) return p;
      if (is_zero) continue;
      for (std::size_t a = p + 1; a < size; ++a) {
        const double factor = column[a] / d;
        if (factor == 0) continue;
        double* row = &matrix[a * size];
        for (std::size_t b = p + 1; b <= a; ++b) row[b] -= factor * column[b];
      }
    }
    return std::nullopt;
  }

  std::vector<double> diagonal_;
  std::vector<Neighbours> rows_;                   // without the diagonal
  std::set<std::pair<std::size_t, int>> waiting_;  // degree and index of what is not eliminated
  Neighbours merged_;
};

}  // namespace

Definiteness find_definiteness(const Columns& whole, double factor) {
  const std::size_t size = whole.start.size() - 1;
  std::vector<double> diagonal(size);
  const auto entries_of = [&](std::size_t j, const auto& visit) {
    for (auto k = static_cast<std::size_t>(whole.start[j]); k < static_cast<std::size_t>(whole.start[j + 1]); ++k)
      visit(static_cast<std::size_t>(whole.index[k]), factor * whole.value[k]);
  };
  for (std::size_t j = 0; j < size; ++j)
    entries_of(j, [&](std::size_t i, double value) { diagonal[j] = i == j ? value : diagonal[j]; });

  std::vector<Neighbours> rows(size);
  for (std::size_t j = 0; j < size; ++j) {
    bool is_possible = diagonal[j] >= 0;
    entries_of(j, [&](std::size_t i, double value) {
      if (i == j) return;
      is_possible = is_possible && diagonal[i] > 0 && diagonal[j] > 0;
      rows[j].push_back({static_cast<int>(i), value / std::sqrt(diagonal[i]) / std::sqrt(diagonal[j])});
    });
    if (!is_possible) return {Definiteness::Verdict::kIndefinite, static_cast<int>(j)};
  }
  std::ranges::transform(diagonal, diagonal.begin(), [](double value) { return value > 0 ? 1.0 : 0.0; });
  return Elimination{std::move(diagonal), std::move(rows)}.run();
}

}  // namespace tenfold::solver
