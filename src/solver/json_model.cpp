#include "solver/json_model.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace tenfold::solver {

namespace {

constexpr std::array<std::string_view, 4> kTypes{"continuous", "integer", "semi_continuous", "semi_integer"};

class Checker {
 public:
  explicit Checker(std::vector<json::FieldError>& errors) : errors_{errors} {}

  void fail(boost::json::array loc, std::string msg, const json::Value& input) {
    loc.insert(loc.begin(), "body");
    errors_.push_back({.type = "value_error", .loc = std::move(loc), .msg = std::move(msg), .input = input});
  }

  void check(const Triplets& triplets, std::string_view name, std::size_t row_count, std::size_t column_count) {
    const std::size_t size = triplets.values.size();
    if (triplets.rows.size() != size || triplets.columns.size() != size) {
      return fail({name}, "rows, columns and values should be of the same length", nullptr);
    }
    std::set<std::pair<int, int>> seen;
    for (std::size_t k = 0; k < size; ++k) {
      check_index(triplets.rows[k], row_count, {name, "rows", k});
      check_index(triplets.columns[k], column_count, {name, "columns", k});
      if (!seen.insert({triplets.rows[k], triplets.columns[k]}).second) {
        fail({name, "values", k}, "There is an entry at this row and column already", triplets.values[k]);
      }
    }
  }

 private:
  void check_index(int index, std::size_t count, boost::json::array loc) {
    if (index >= 0 && static_cast<std::size_t>(index) < count) return;
    fail(std::move(loc), "Index is out of range: there are " + std::to_string(count), index);
  }

  std::vector<json::FieldError>& errors_;
};

}  // namespace

JsonModel read_json_model(std::string_view text, std::vector<json::FieldError>& errors) {
  JsonModel model;
  const auto value = json::parse(text, errors);
  if (!value) return model;
  json::Reader reader{"body"};
  reader.read(*value, model);
  errors = reader.errors();
  if (!errors.empty()) return model;

  Checker checker{errors};
  if (model.sense && *model.sense != "min" && *model.sense != "max")
    checker.fail({"sense"}, "Input should be 'min' or 'max'", json::Value(*model.sense));
  for (std::size_t j = 0; j < model.columns.size(); ++j) {
    const auto& type = model.columns[j].type;
    if (type && std::ranges::find(kTypes, *type) == kTypes.end()) {
      checker.fail({"columns", j, "type"},
                   "Input should be 'continuous', 'integer', 'semi_continuous' or 'semi_integer'", json::Value(*type));
    }
  }
  checker.check(model.matrix, "matrix", model.rows.size(), model.columns.size());
  if (model.hessian) checker.check(*model.hessian, "hessian", model.columns.size(), model.columns.size());
  if (model.options) solver::check(*model.options, {"body", "options"}, errors);
  return model;
}

}  // namespace tenfold::solver
