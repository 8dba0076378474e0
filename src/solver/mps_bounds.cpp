#include "solver/mps_bounds.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "solver/numbers.hpp"
#include "solver/text.hpp"

namespace tenfold::solver {

namespace {

struct BoundType {
  std::string_view name;
  bool has_value;
};
constexpr std::array<BoundType, 10> kTypes{{{"LO", true},
                                            {"UP", true},
                                            {"FX", true},
                                            {"FR", false},
                                            {"MI", false},
                                            {"PL", false},
                                            {"BV", false},
                                            {"LI", true},
                                            {"UI", true},
                                            {"SC", true}}};

std::optional<std::string> set_limit(double& limit, double value, MpsBounds::Given& given, std::string_view which,
                                     std::string_view name) {
  std::optional<std::string> warning;
  if (given == MpsBounds::Given::kNumber && limit != value) {
    warning =
        fmt::format("column '{}' has two {} bounds, {} and {}: the last is taken", shown(name), which, limit, value);
  }
  limit = value;
  given = MpsBounds::Given::kNumber;
  return warning;
}

void make_integer(Column& column) {
  const bool is_semi = column.type == ColumnType::kSemiContinuous || column.type == ColumnType::kSemiInteger;
  column.type = is_semi ? ColumnType::kSemiInteger : ColumnType::kInteger;
}

void make_semi(Column& column) {
  const bool is_integer = column.type == ColumnType::kInteger || column.type == ColumnType::kSemiInteger;
  column.type = is_integer ? ColumnType::kSemiInteger : ColumnType::kSemiContinuous;
}

}  // namespace

std::expected<MpsBound, std::string> parse_bound(const std::vector<std::string_view>& fields,
                                                 const NameTable& columns) {
  const auto type = std::ranges::find(kTypes, fields[0], &BoundType::name);
  if (type == kTypes.end()) return std::unexpected(fmt::format("'{}' is no type of bound", shown(fields[0])));
  const std::size_t count = fields.size();
  if (count < 2 || count > 4)
    return std::unexpected("a line of BOUNDS is a type, perhaps the set's name, a column and perhaps a value");
  MpsBound bound{.type = type->name};
  const bool ends_with_column = count == 3 && columns.contains(fields[2]) && !(type->has_value && to_limit(fields[2]));
  if (ends_with_column && columns.contains(fields[1]) && to_limit(fields[2]))
    return std::unexpected(fmt::format("'{}' may be a column or a value here: name the set too", shown(fields[2])));
  const bool has_set = count == 4 || ends_with_column || (count == 3 && !type->has_value && !to_limit(fields[2]));
  if (has_set) bound.set = fields[1];
  bound.column = fields[has_set ? 2 : 1];
  const std::size_t at = has_set ? 3 : 2;
  if (count > at) {
    bound.value = to_limit(fields[at]);
    if (!bound.value) return std::unexpected(fmt::format("'{}' is no number", shown(fields[at])));
  }
  if (type->has_value && !bound.value)
    return std::unexpected(fmt::format("a bound of type {} has a value", bound.type));
  return bound;
}

std::optional<std::string> apply(const MpsBound& bound, MpsBounds& said, Column& column) {
  const std::string_view type = bound.type;
  const double value = bound.value.value_or(0);
  const std::string_view name = column.name;
  const auto open_lower = [&] {
    column.lower = -kInfinity;
    said.lower = MpsBounds::Given::kOpen;
  };
  const auto open_upper = [&] {
    column.upper = kInfinity;
    said.upper = MpsBounds::Given::kOpen;
  };
  if (type == "LI" || type == "UI" || type == "BV") make_integer(column);
  if (type == "SC") make_semi(column);
  if (type == "FR" || type == "MI") open_lower();
  if (type == "FR" || type == "PL") open_upper();
  std::optional<std::string> warning;
  const auto note = [&](std::optional<std::string> next) {
    if (next) warning = std::move(next);
  };
  if (type == "LO" || type == "LI" || type == "FX") note(set_limit(column.lower, value, said.lower, "lower", name));
  if (type == "UP" || type == "UI" || type == "FX" || type == "SC")
    note(set_limit(column.upper, value, said.upper, "upper", name));
  if (type == "BV") {
    note(set_limit(column.lower, 0, said.lower, "lower", name));
    note(set_limit(column.upper, 1, said.upper, "upper", name));
  }
  return warning;
}

bool is_binary_by_custom(const MpsBounds& said, const Column& column) {
  return column.type == ColumnType::kInteger && said.lower == MpsBounds::Given::kNot &&
         said.upper == MpsBounds::Given::kNot;
}

std::optional<std::string> find_doubt(const MpsBounds& said, const Column& column) {
  if (said.lower != MpsBounds::Given::kNot || column.upper >= 0) return std::nullopt;
  return fmt::format(
      "column '{}' has the upper bound {} and no lower one: some take 0 for it, some none; add a bound LO or MI",
      shown(column.name), column.upper);
}

}  // namespace tenfold::solver
