#include "solver/result.hpp"

#include <fmt/format.h>

namespace tenfold::solver {

namespace {

constexpr std::size_t kMaxWarnings = 100;

// HiGHS has zeros of both signs. People take "-0.0" for something.
json::Value value_of(double number) { return json::to_value(number == 0 ? 0.0 : number); }

// {name: {value_name: value, dual_name: dual or null}}, in the model's order.
template <class Named>
json::Value by_name(const std::vector<Named>& all, std::string_view value_name, const std::vector<double>& values,
                    std::string_view dual_name, const std::vector<double>& duals) {
  boost::json::object object;
  object.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    object.emplace(all[i].name,
                   boost::json::object{{value_name, value_of(values[i])},
                                       {dual_name, duals.empty() ? json::Value(nullptr) : value_of(duals[i])}});
  }
  return object;
}

}  // namespace

Result begin_result(const Model& model, std::string status) {
  Result result{.status = std::move(status), .sense = model.is_maximized ? "max" : "min", .warnings = model.warnings};
  if (result.warnings.size() > kMaxWarnings) {
    const std::size_t more = result.warnings.size() - kMaxWarnings;
    result.warnings.resize(kMaxWarnings);
    result.warnings.push_back(fmt::format("and {} more", more));
  }
  return result;
}

void put_point(Result& result, const Model& model, const Point& point) {
  result.columns = by_name(model.columns, "value", point.values, "reduced_cost", point.reduced_costs);
  result.rows = by_name(model.rows, "activity", point.activities, "dual", point.duals);
}

}  // namespace tenfold::solver
