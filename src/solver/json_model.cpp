#include "solver/json_model.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <boost/unordered/unordered_flat_set.hpp>
#include <fmt/format.h>

#include "solver/json_keys.hpp"
#include "solver/numbers.hpp"

namespace tenfold::solver {

namespace {

// The fields as they are written; docs/solver.md says what they mean.
// NOLINTBEGIN(readability-identifier-naming): the names are the words of the format
enum class Sense : std::uint8_t { min, max };
BOOST_DESCRIBE_ENUM(Sense, min, max)

enum class Type : std::uint8_t { continuous, integer, semi_continuous, semi_integer };
BOOST_DESCRIBE_ENUM(Type, continuous, integer, semi_continuous, semi_integer)
// NOLINTEND(readability-identifier-naming)

struct JsonColumn {
  std::optional<std::string> name;
  std::optional<double> cost = 0.0;
  std::optional<double> lower = 0.0;  // null: none
  std::optional<double> upper;
  std::optional<Type> type;
};
BOOST_DESCRIBE_STRUCT(JsonColumn, (), (name, cost, lower, upper, type))

struct JsonRow {
  std::optional<std::string> name;
  std::optional<double> lower;
  std::optional<double> upper;
};
BOOST_DESCRIBE_STRUCT(JsonRow, (), (name, lower, upper))

// Entry k is `values[k]` at row `rows[k]` and column `columns[k]`, counted from 0.
struct Triplets {
  std::vector<int> rows;
  std::vector<int> columns;
  std::vector<double> values;
};
BOOST_DESCRIBE_STRUCT(Triplets, (), (rows, columns, values))

struct JsonFields {
  std::optional<Sense> sense;
  std::optional<double> offset;
  std::vector<JsonColumn> columns;
  std::vector<JsonRow> rows;
  Triplets matrix;
  std::optional<Triplets> hessian;
  std::optional<Options> options;
};
BOOST_DESCRIBE_STRUCT(JsonFields, (), (sense, offset, columns, rows, matrix, hessian, options))

// What the types of the fields do not say.
class Checker {
 public:
  explicit Checker(std::vector<json::FieldError>& errors) : errors_{errors} {}
  ~Checker() { json::add_more(errors_, "body", more_); }
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  void check(const JsonFields& fields) {
    check_number(fields.offset, [] { return boost::json::array{"offset"}; });
    check_all(fields.columns, "columns");
    check_all(fields.rows, "rows");
    for (std::size_t j = 0; j < fields.columns.size(); ++j) {
      const double cost = fields.columns[j].cost.value_or(0);
      const auto wrong = check_coefficient(cost);
      if (wrong) fail([j] { return boost::json::array{"columns", j, "cost"}; }, *wrong, json::to_value(cost));
    }
    check(fields.matrix, "matrix", fields.rows.size(), fields.columns.size());
    if (fields.hessian) check(*fields.hessian, "hessian", fields.columns.size(), fields.columns.size());
  }

 private:
  template <class MakeLoc>
  void fail(const MakeLoc& make_loc, std::string msg, const json::Value& input) {
    if (errors_.size() >= json::kMaxErrors) {
      ++more_;
      return;
    }
    boost::json::array loc = make_loc();
    loc.insert(loc.begin(), "body");
    errors_.push_back(
        {.type = "value_error", .loc = std::move(loc), .msg = std::move(msg), .input = json::shorten(input)});
  }

  template <class MakeLoc>
  void check_number(const std::optional<double>& number, const MakeLoc& make_loc) {
    if (number && !std::isfinite(*number)) fail(make_loc, "Input should be a finite number", nullptr);
  }

  // Names and bounds of columns or rows.
  template <class Named>
  void check_all(const std::vector<Named>& all, std::string_view part) {
    boost::unordered_flat_set<std::string_view> names;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto loc_of = [&](std::string_view field) { return [=] { return boost::json::array{part, i, field}; }; };
      const Named& one = all[i];
      if (one.name && one.name->empty()) fail(loc_of("name"), "A name should not be empty", "");
      if (one.name && !one.name->empty() && !names.insert(*one.name).second)
        fail(loc_of("name"), "This name is given already", json::Value(*one.name));
      check_number(one.lower, loc_of("lower"));
      check_number(one.upper, loc_of("upper"));
    }
  }

  void check(const Triplets& triplets, std::string_view name, std::size_t row_count, std::size_t column_count) {
    const std::size_t size = triplets.values.size();
    if (triplets.rows.size() != size || triplets.columns.size() != size) {
      return fail([=] { return boost::json::array{name}; }, "rows, columns and values should be of the same length",
                  nullptr);
    }
    boost::unordered_flat_set<std::uint64_t> seen;
    for (std::size_t k = 0; k < size; ++k) {
      const auto loc_of = [&](std::string_view list) { return [=] { return boost::json::array{name, list, k}; }; };
      check_index(triplets.rows[k], row_count, loc_of("rows"));
      check_index(triplets.columns[k], column_count, loc_of("columns"));
      const auto place = (static_cast<std::uint64_t>(static_cast<std::uint32_t>(triplets.rows[k])) << 32) |
                         static_cast<std::uint32_t>(triplets.columns[k]);
      if (!seen.insert(place).second)
        fail(loc_of("values"), "There is an entry at this row and column already", triplets.values[k]);
      if (const auto wrong = check_coefficient(triplets.values[k])) {
        fail(loc_of("values"), *wrong, json::to_value(triplets.values[k]));
      }
    }
  }

  template <class MakeLoc>
  void check_index(int index, std::size_t count, const MakeLoc& make_loc) {
    if (index >= 0 && static_cast<std::size_t>(index) < count) return;
    fail(make_loc, fmt::format("Index is out of range: there are {}", count), index);
  }

  std::vector<json::FieldError>& errors_;
  std::size_t more_ = 0;
};

std::vector<Entry> to_entries(const Triplets& triplets) {
  std::vector<Entry> entries;
  entries.reserve(triplets.values.size());
  for (std::size_t k = 0; k < triplets.values.size(); ++k)
    entries.push_back({triplets.rows[k], triplets.columns[k], triplets.values[k]});
  return entries;
}

// A half, above or below the diagonal, stands for the whole.
std::vector<Entry> to_hessian(const Triplets& triplets) {
  std::vector<Entry> entries = to_entries(triplets);
  const bool is_lower = std::ranges::all_of(entries, [](const Entry& entry) { return entry.row >= entry.column; });
  const bool is_upper = std::ranges::all_of(entries, [](const Entry& entry) { return entry.row <= entry.column; });
  if (!is_lower && !is_upper) return entries;
  for (std::size_t k = triplets.values.size(); k-- > 0;) {
    const Entry entry = entries[k];
    if (entry.row != entry.column) entries.push_back({entry.column, entry.row, entry.value});
  }
  return entries;
}

ColumnType to_column_type(const std::optional<Type>& type) {
  switch (type.value_or(Type::continuous)) {
    case Type::integer:
      return ColumnType::kInteger;
    case Type::semi_continuous:
      return ColumnType::kSemiContinuous;
    case Type::semi_integer:
      return ColumnType::kSemiInteger;
    case Type::continuous:
      break;
  }
  return ColumnType::kContinuous;
}

Model to_model(const JsonFields& fields) {
  Model model{.is_maximized = fields.sense == Sense::max, .offset = fields.offset.value_or(0)};
  for (const JsonColumn& column : fields.columns) {
    model.columns.push_back({.name = column.name.value_or(""),
                             .cost = column.cost.value_or(0),
                             .lower = column.lower.value_or(-kInfinity),
                             .upper = column.upper.value_or(kInfinity),
                             .type = to_column_type(column.type)});
  }
  for (const JsonRow& row : fields.rows) {
    model.rows.push_back({.name = row.name.value_or(""),
                          .lower = row.lower.value_or(-kInfinity),
                          .upper = row.upper.value_or(kInfinity)});
  }
  model.matrix = to_entries(fields.matrix);
  if (fields.hessian) model.hessian = to_hessian(*fields.hessian);
  return model;
}

void refuse_repeated_key(std::string_view text, std::vector<json::FieldError>& errors) {
  auto loc = find_repeated_key(text);
  if (!loc) return;
  loc->insert(loc->begin(), "body");
  errors.push_back(
      {.type = "value_error", .loc = std::move(*loc), .msg = "This field is given twice", .input = nullptr});
}

}  // namespace

JsonModel read_json_model(std::string_view text, std::vector<json::FieldError>& errors) {
  const auto value = json::parse(text, errors);
  if (!value) return {};
  refuse_repeated_key(text, errors);
  if (!errors.empty()) return {};
  JsonFields fields;
  json::Reader reader{"body"};
  reader.forbid_unknown();
  reader.read(*value, fields);
  errors = reader.errors();
  if (!errors.empty()) return {};

  Checker{errors}.check(fields);
  if (fields.options) check(*fields.options, {"body", "options"}, errors);
  if (!errors.empty()) return {};
  return {to_model(fields), fields.options};
}

}  // namespace tenfold::solver
