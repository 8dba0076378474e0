#include "solver/check_model.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/unordered/unordered_flat_set.hpp>
#include <fmt/format.h>

#include "solver/definite.hpp"
#include "solver/numbers.hpp"
#include "solver/text.hpp"

namespace tenfold::solver {

namespace {

// HiGHS puts its own bound on semi-continuous columns above this.
constexpr double kMaxSemiUpper = 1e5;
// Below it, what an entry adds to its row is less than HiGHS's tolerance.
constexpr double kNothing = 1e-9;

using Wrong = std::optional<ModelError>;

ModelError wrong_at(std::string_view part, std::size_t index, std::string what) {
  return {.what = std::move(what), .part = part, .index = static_cast<int>(index)};
}
ModelError wrong_in(std::string_view part, std::string what) { return {.what = std::move(what), .part = part}; }

bool is_semi(const Column& column) {
  return column.type == ColumnType::kSemiContinuous || column.type == ColumnType::kSemiInteger;
}

// Gives a name to what has none: `letter` and its place, with underscores where that is taken.
template <class Named>
void name_all(std::vector<Named>& all, char letter) {
  boost::unordered_flat_set<std::string> taken;
  for (const Named& one : all) {
    if (!one.name.empty()) taken.insert(one.name);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].name.empty()) continue;
    all[i].name = fmt::format("{}{}", letter, i);
    while (!taken.insert(all[i].name).second) all[i].name += '_';
  }
}

// Bounds from 1e20 on are none.
class OpenBounds {
 public:
  // False if no value meets them.
  template <class Bounded>
  bool open(Bounded& bounded, std::string_view kind) {
    if (!(bounded.lower < kTooLarge) || !(bounded.upper > -kTooLarge)) return false;
    open_one(bounded.lower, -kInfinity, kind, bounded.name);
    open_one(bounded.upper, kInfinity, kind, bounded.name);
    return true;
  }

  void warn(std::vector<std::string>& warnings) const {
    if (count_ > 0)
      warnings.push_back(fmt::format("{} bounds of 1e20 or more are taken for none, the first {}", count_, first_));
  }

 private:
  void open_one(double& bound, double infinity, std::string_view kind, std::string_view name) {
    if (std::abs(bound) < kTooLarge || std::isinf(bound)) return;
    if (count_++ == 0) first_ = fmt::format("{}, of {} '{}'", bound, kind, shown(name));
    bound = infinity;
  }

  std::size_t count_ = 0;
  std::string first_;
};

std::string no_value_meets(std::string_view kind, std::string_view name, double lower, double upper) {
  return fmt::format("no value meets the bounds of {} '{}', {} and {}", kind, shown(name), lower, upper);
}

Wrong check_bounds(Model& model) {
  OpenBounds bounds;
  for (std::size_t j = 0; j < model.columns.size(); ++j) {
    const Column& column = model.columns[j];
    if (!bounds.open(model.columns[j], "column"))
      return wrong_at("columns", j, no_value_meets("column", column.name, column.lower, column.upper));
  }
  for (std::size_t i = 0; i < model.rows.size(); ++i) {
    const Row& row = model.rows[i];
    if (!bounds.open(model.rows[i], "row"))
      return wrong_at("rows", i, no_value_meets("row", row.name, row.lower, row.upper));
  }
  bounds.warn(model.warnings);
  return std::nullopt;
}

Wrong check_costs(const Model& model) {
  for (std::size_t j = 0; j < model.columns.size(); ++j) {
    const Column& column = model.columns[j];
    if (auto wrong = check_coefficient(column.cost))
      return wrong_at("columns", j, fmt::format("column '{}': {}", shown(column.name), *wrong));
  }
  if (std::abs(model.offset) < kTooLarge) return std::nullopt;
  return wrong_in("offset", fmt::format("the objective's constant, {}, is too large", model.offset));
}

// 0 or between the bounds. What starts at 0 anyway is an ordinary column.
std::optional<std::string> settle_semi(Column& column) {
  const std::string name = shown(column.name);
  if (column.lower == 0) {
    column.type = column.type == ColumnType::kSemiInteger ? ColumnType::kInteger : ColumnType::kContinuous;
    return std::nullopt;
  }
  if (column.lower < 0)
    return fmt::format("semi-continuous column '{}' has a lower bound below 0: HiGHS takes none", name);
  if (std::isinf(column.upper)) return fmt::format("semi-continuous column '{}' needs an upper bound", name);
  if (column.upper > kMaxSemiUpper)
    return fmt::format("semi-continuous column '{}' has an upper bound above 100000, which HiGHS does not keep", name);
  if (column.upper < column.lower)
    return fmt::format("semi-continuous column '{}' has a lower bound above its upper one", name);
  return std::nullopt;
}

// The largest size of a column's value.
double reach(const Column& column) { return std::max(std::abs(column.lower), std::abs(column.upper)); }

// Takes out the entries that HiGHS would. They go with a warning where they cannot matter.
class SmallEntries {
 public:
  explicit SmallEntries(std::string_view kind) : kind_{kind} {}

  // `reach_of(row, column)` is the most by which the value is multiplied; `describe` names a place.
  std::optional<std::string> take_out(Columns& matrix, const auto& reach_of, const auto& describe) {
    std::size_t kept = 0;
    std::size_t next = 0;
    for (std::size_t j = 0; j + 1 < matrix.start.size(); ++j) {
      const auto end = static_cast<std::size_t>(matrix.start[j + 1]);
      for (; next < end; ++next) {
        const auto row = static_cast<std::size_t>(matrix.index[next]);
        const double value = matrix.value[next];
        if (std::abs(value) <= kSmallCoefficient) {
          // The negation lets an infinite reach fail.
          if (!(std::abs(value) * reach_of(row, j) <= kNothing))
            return fmt::format("{} {} {} is too small: HiGHS takes it for 0", kind_, value, describe(row, j));
          if (count_++ == 0) first_ = fmt::format("{} {}", value, describe(row, j));
          continue;
        }
        matrix.index[kept] = matrix.index[next];
        matrix.value[kept++] = value;
      }
      matrix.start[j + 1] = static_cast<int>(kept);
    }
    matrix.index.resize(kept);
    matrix.value.resize(kept);
    return std::nullopt;
  }

  void warn(std::vector<std::string>& warnings) const {
    if (count_ > 0)
      warnings.push_back(fmt::format("{} entries of 1e-12 or less are taken for 0, the first {}", count_, first_));
  }

 private:
  std::string_view kind_;
  std::size_t count_ = 0;
  std::string first_;
};

Wrong check_matrix(CheckedModel& checked) {
  Model& model = checked.model;
  for (std::size_t k = 0; k < checked.matrix.value.size(); ++k) {
    if (auto wrong = check_coefficient(checked.matrix.value[k])) {
      const Row& row = model.rows[static_cast<std::size_t>(checked.matrix.index[k])];
      return wrong_in("matrix", fmt::format("row '{}': {}", shown(row.name), *wrong));
    }
  }
  SmallEntries small{"the coefficient"};
  auto wrong = small.take_out(
      checked.matrix, [&](std::size_t, std::size_t column) { return reach(model.columns[column]); },
      [&](std::size_t row, std::size_t column) {
        return fmt::format("of column '{}' in row '{}'", shown(model.columns[column].name),
                           shown(model.rows[row].name));
      });
  small.warn(model.warnings);
  return wrong ? Wrong{wrong_in("matrix", std::move(*wrong))} : std::nullopt;
}

std::optional<std::string> check_hessian(CheckedModel& checked) {
  Model& model = checked.model;
  const auto name = [&](std::size_t column) { return shown(model.columns[column].name); };
  Columns whole = compress(model.hessian, model.columns.size(), model.columns.size());
  for (const double value : whole.value) {
    if (auto wrong = check_coefficient(value)) return "the quadratic objective: " + *wrong;
  }
  SmallEntries small{"the quadratic coefficient"};
  auto wrong = small.take_out(
      whole,
      [&](std::size_t row, std::size_t column) { return reach(model.columns[row]) * reach(model.columns[column]); },
      [&](std::size_t row, std::size_t column) { return fmt::format("of '{}' and '{}'", name(row), name(column)); });
  if (wrong) return wrong;
  small.warn(model.warnings);
  if (whole.value.empty()) return std::nullopt;

  const auto whole_column =
      std::ranges::find_if(model.columns, [](const Column& column) { return column.type != ColumnType::kContinuous; });
  if (whole_column != model.columns.end())
    return fmt::format("a quadratic objective with integer or semi-continuous columns ('{}') is not supported",
                       shown(whole_column->name));
  if (const Asymmetry uneven = find_asymmetry(whole); uneven.is_found) {
    const std::string row = name(static_cast<std::size_t>(uneven.row));
    const std::string column = name(static_cast<std::size_t>(uneven.column));
    return fmt::format("the Hessian is not symmetric: {} at '{}', '{}' and {} at '{}', '{}'", uneven.value, row, column,
                       uneven.opposite, column, row);
  }
  const Definiteness definite = find_definiteness(whole, model.is_maximized ? -1 : 1);
  if (definite.verdict == Definiteness::Verdict::kTooDense)
    return "the Hessian is too large and dense to tell whether it is convex";
  if (definite.verdict == Definiteness::Verdict::kIndefinite)
    return fmt::format(
        "the quadratic objective is not {} (see column '{}'), so an optimum cannot be told from a local one",
        model.is_maximized ? "concave, as one to maximize must be" : "convex, as one to minimize must be",
        name(static_cast<std::size_t>(definite.column)));
  checked.hessian = lower_half(whole);
  return std::nullopt;
}

Wrong check_all(CheckedModel& checked) {
  Model& model = checked.model;
  name_all(model.columns, 'x');
  name_all(model.rows, 'r');
  if (auto wrong = check_bounds(model)) return wrong;
  if (auto wrong = check_costs(model)) return wrong;
  for (std::size_t j = 0; j < model.columns.size(); ++j) {
    if (!is_semi(model.columns[j])) continue;
    if (auto wrong = settle_semi(model.columns[j])) return wrong_at("columns", j, std::move(*wrong));
  }
  checked.matrix = compress(model.matrix, model.rows.size(), model.columns.size());
  model.matrix = {};
  if (auto wrong = check_matrix(checked)) return wrong;
  if (auto wrong = check_hessian(checked)) return wrong_in("hessian", std::move(*wrong));
  model.hessian = {};
  return std::nullopt;
}

}  // namespace

std::expected<CheckedModel, ModelError> check_model(Model model) {
  CheckedModel checked{.model = std::move(model)};
  if (auto wrong = check_all(checked)) return std::unexpected(std::move(*wrong));
  return checked;
}

}  // namespace tenfold::solver
