#include "solver/highs.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <interfaces/highs_c_api.h>

#include "solver/numbers.hpp"

namespace tenfold::solver {

namespace {

constexpr std::size_t kShownLog = 400;

HighsInt to_var_type(ColumnType type) {
  switch (type) {
    case ColumnType::kInteger:
      return kHighsVarTypeInteger;
    case ColumnType::kSemiContinuous:
      return kHighsVarTypeSemiContinuous;
    case ColumnType::kSemiInteger:
      return kHighsVarTypeSemiInteger;
    case ColumnType::kContinuous:
      break;
  }
  return kHighsVarTypeContinuous;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>{std::chrono::steady_clock::now() - start}.count();
}

std::string_view to_word(HighsInt status) {
  switch (status) {
    case kHighsModelStatusOptimal:
    case kHighsModelStatusModelEmpty:
      return "optimal";
    case kHighsModelStatusInfeasible:
      return "infeasible";
    case kHighsModelStatusUnbounded:
      return "unbounded";
    case kHighsModelStatusTimeLimit:
      return "time_limit";
    case kHighsModelStatusInterrupt:
      return "cancelled";
    default:
      return "error";
  }
}

std::optional<double> if_finite(double value) { return std::isfinite(value) ? std::optional{value} : std::nullopt; }

bool is_mip(const Model& model) {
  return std::ranges::any_of(model.columns,
                             [](const Column& column) { return column.type != ColumnType::kContinuous; });
}

std::vector<double> activities_of(const CheckedModel& checked, const std::vector<double>& point) {
  std::vector<double> activities(checked.model.rows.size());
  for (std::size_t j = 0; j < point.size(); ++j) {
    for (auto k = static_cast<std::size_t>(checked.matrix.start[j]);
         k < static_cast<std::size_t>(checked.matrix.start[j + 1]); ++k) {
      activities[static_cast<std::size_t>(checked.matrix.index[k])] += checked.matrix.value[k] * point[j];
    }
  }
  return activities;
}

// Of a linear objective: give_up has points of MIPs alone.
double objective_of(const Model& model, const std::vector<double>& point) {
  double sum = model.offset;
  for (std::size_t j = 0; j < point.size(); ++j) sum += model.columns[j].cost * point[j];
  return sum;
}

// What HiGHS answers without looking: it takes a model without columns for solved, whatever its rows want.
std::optional<Result> solve_trivial(const CheckedModel& checked) {
  const Model& model = checked.model;
  const auto is_crossed = [](const auto& bounded) { return bounded.lower > bounded.upper; };
  const bool has_columns = !model.columns.empty();
  const bool is_infeasible =
      std::ranges::any_of(model.columns, is_crossed) || std::ranges::any_of(model.rows, is_crossed) ||
      (!has_columns && std::ranges::any_of(model.rows, [](const Row& row) { return row.lower > 0 || row.upper < 0; }));
  if (is_infeasible) return begin_result(model, "infeasible");
  if (has_columns) return std::nullopt;
  Result result = begin_result(model, "optimal");
  result.objective = result.bound = model.offset;
  result.gap = 0;
  put_point(result, model, {.activities = std::vector<double>(model.rows.size())});
  return result;
}

// One solve of one model.
class Highs {
 public:
  Highs(const CheckedModel& checked, const std::stop_token& stop, Incumbent& incumbent)
      : checked_{checked}, stop_{stop}, incumbent_{incumbent}, highs_{Highs_create()} {
    Highs_setBoolOptionValue(highs_.get(), "output_flag", 1);
    Highs_setBoolOptionValue(highs_.get(), "log_to_console", 0);
    Highs_setDoubleOptionValue(highs_.get(), "small_matrix_value", kSmallCoefficient);
    Highs_setCallback(highs_.get(), &Highs::call, this);
    Highs_startCallback(highs_.get(), kHighsCallbackLogging);
  }

  void set_options(const Options& options) {
    Highs_setIntOptionValue(highs_.get(), "threads", options.threads.value_or(1));
    if (options.threads.value_or(1) == 1) Highs_setStringOptionValue(highs_.get(), "parallel", "off");
    if (options.mip_rel_gap) Highs_setDoubleOptionValue(highs_.get(), "mip_rel_gap", *options.mip_rel_gap);
    if (options.seed) Highs_setIntOptionValue(highs_.get(), "random_seed", *options.seed);
    time_limit_ = options.time_limit;
  }

  // Gives HiGHS the model. False if it will not have it, as it is.
  bool pass() {
    const Model& model = checked_.model;
    std::vector<double> cost;
    std::vector<double> lower;
    std::vector<double> upper;
    std::vector<HighsInt> types;
    for (const Column& column : model.columns) {
      cost.push_back(column.cost);
      lower.push_back(column.lower);
      upper.push_back(column.upper);
      types.push_back(to_var_type(column.type));
    }
    std::vector<double> row_lower;
    std::vector<double> row_upper;
    for (const Row& row : model.rows) {
      row_lower.push_back(row.lower);
      row_upper.push_back(row.upper);
    }
    const Columns& matrix = checked_.matrix;
    const Columns& hessian = checked_.hessian;
    const HighsInt status = Highs_passModel(
        highs_.get(), static_cast<HighsInt>(cost.size()), static_cast<HighsInt>(row_lower.size()),
        static_cast<HighsInt>(matrix.value.size()), static_cast<HighsInt>(hessian.value.size()),
        kHighsMatrixFormatColwise, kHighsHessianFormatTriangular,
        model.is_maximized ? kHighsObjSenseMaximize : kHighsObjSenseMinimize, model.offset, cost.data(), lower.data(),
        upper.data(), row_lower.data(), row_upper.data(), matrix.start.data(), matrix.index.data(), matrix.value.data(),
        hessian.start.data(), hessian.index.data(), hessian.value.data(), is_mip(model) ? types.data() : nullptr);
    return status == kHighsStatusOk;
  }

  Result run_to_result() {
    if (!pass()) {
      Result result = begin_result(checked_.model, "error");
      result.message = "HiGHS does not take the model as it is: " + end_of_log();
      return result;
    }
    HighsInt status = run();
    if (status == kHighsModelStatusUnboundedOrInfeasible) status = settle_infeasible_or_unbounded();
    Result result = begin_result(checked_.model, std::string{to_word(status)});
    if (stop_.stop_requested() && status != kHighsModelStatusOptimal) result.status = "cancelled";
    collect(result, status);
    if (status == kHighsModelStatusOptimal && is_mip(checked_.model)) sharpen(result);
    if (result.status == "error")
      result.message = fmt::format("HiGHS ended with model status {}: {}", status, end_of_log());
    return result;
  }

 private:
  struct Deleter {
    void operator()(void* highs) const { Highs_destroy(highs); }
  };

  static void call(int type, const char* message, const HighsCallbackDataOut* out, HighsCallbackDataIn* in,
                   void* self) {
    auto& highs = *static_cast<Highs*>(self);
    if (type == kHighsCallbackLogging) {
      highs.log(message);
    } else if (type == kHighsCallbackMipImprovingSolution) {
      highs.incumbent_.offer({out->mip_solution, static_cast<std::size_t>(out->mip_solution_size)});
    } else if (in != nullptr && highs.stop_.stop_requested()) {
      in->user_interrupt = 1;
    }
  }

  // Of a log of many hours only the end is kept.
  void log(std::string_view message) {
    log_ += message;
    if (log_.size() > 4 * kShownLog) log_.erase(0, log_.size() - kShownLog);
  }
  std::string end_of_log() const {
    const std::string_view end = std::string_view{log_}.substr(log_.size() - std::min(log_.size(), kShownLog));
    return end.empty() ? "it says no more" : std::string{end};
  }

  int run() {
    constexpr std::array kCallbacks{kHighsCallbackSimplexInterrupt, kHighsCallbackIpmInterrupt,
                                    kHighsCallbackMipInterrupt, kHighsCallbackMipImprovingSolution};
    if (stop_.stop_requested()) return kHighsModelStatusInterrupt;
    // HiGHS counts the time of all its runs, and takes 0 for what it is.
    if (time_limit_)
      Highs_setDoubleOptionValue(highs_.get(), "time_limit",
                                 Highs_getRunTime(highs_.get()) + std::max(0.0, *time_limit_ - seconds_since(start_)));
    for (const HighsInt type : kCallbacks) Highs_startCallback(highs_.get(), type);
    Highs_run(highs_.get());
    for (const HighsInt type : kCallbacks) Highs_stopCallback(highs_.get(), type);
    return Highs_getModelStatus(highs_.get());
  }

  // Presolve may see that one of the two holds and not which. Without it the solver says; if not, the model without its
  // objective does: it has a point, or it has none.
  int settle_infeasible_or_unbounded() {
    Highs_setStringOptionValue(highs_.get(), "presolve", "off");
    HighsInt status = run();
    if (status != kHighsModelStatusUnboundedOrInfeasible) return status;
    const HighsInt columns = Highs_getNumCol(highs_.get());
    const std::vector<double> no_cost(static_cast<std::size_t>(columns), 0.0);
    Highs_changeColsCostByRange(highs_.get(), 0, columns - 1, no_cost.data());
    status = run();
    return status == kHighsModelStatusOptimal ? kHighsModelStatusUnbounded : status;
  }

  // A MIP is solved within 1e-6: its integers are nearly whole, and with large coefficients that shows in all others.
  // With the integers made whole and fixed the rest is an LP, which HiGHS solves better. Its point is taken if there is
  // one.
  void sharpen(Result& result) {
    const std::vector<Column>& columns = checked_.model.columns;
    std::vector<double> lower(columns.size());
    std::vector<double> upper(columns.size());
    std::vector<double> point(columns.size());
    Highs_getSolution(highs_.get(), point.data(), nullptr, nullptr, nullptr);
    for (std::size_t j = 0; j < columns.size(); ++j) {
      const bool is_fixed = columns[j].type != ColumnType::kContinuous;
      const bool is_whole = columns[j].type != ColumnType::kSemiContinuous;
      const double value = is_whole ? std::round(point[j]) : point[j];
      lower[j] = is_fixed ? value : columns[j].lower;
      upper[j] = is_fixed ? value : columns[j].upper;
    }
    const auto last = static_cast<HighsInt>(columns.size()) - 1;
    Highs_clearIntegrality(highs_.get());
    Highs_changeColsBoundsByRange(highs_.get(), 0, last, lower.data(), upper.data());
    if (run() != kHighsModelStatusOptimal) return;
    collect_point(result);
    result.objective = if_finite(Highs_getObjectiveValue(highs_.get()));
  }

  double double_info(const char* name) const {
    double value = NAN;
    Highs_getDoubleInfoValue(highs_.get(), name, &value);
    return value;
  }
  HighsInt int_info(const char* name) const {
    HighsInt value = 0;
    Highs_getIntInfoValue(highs_.get(), name, &value);
    return value;
  }

  void collect(Result& result, HighsInt status) const {
    std::int64_t nodes = 0;
    Highs_getInt64InfoValue(highs_.get(), "mip_node_count", &nodes);
    result.nodes = std::max<std::int64_t>(nodes, 0);
    for (const char* name : {"simplex_iteration_count", "ipm_iteration_count", "qp_iteration_count"})
      result.iterations += std::max(int_info(name), 0);
    const bool has_point = int_info("primal_solution_status") == kHighsSolutionStatusFeasible &&
                           status != kHighsModelStatusUnbounded && status != kHighsModelStatusInfeasible;
    if (!has_point) return;
    collect_point(result);
    result.objective = if_finite(Highs_getObjectiveValue(highs_.get()));
    if (is_mip(checked_.model)) {
      result.bound = if_finite(double_info("mip_dual_bound"));
      result.gap = if_finite(double_info("mip_gap"));
    } else if (status == kHighsModelStatusOptimal) {
      result.bound = result.objective;
      result.gap = 0;
    }
  }

  void collect_point(Result& result) const {
    const std::size_t columns = checked_.model.columns.size();
    const std::size_t rows = checked_.model.rows.size();
    Point point{.values = std::vector<double>(columns),
                .reduced_costs = std::vector<double>(columns),
                .activities = std::vector<double>(rows),
                .duals = std::vector<double>(rows)};
    Highs_getSolution(highs_.get(), point.values.data(), point.reduced_costs.data(), point.activities.data(),
                      point.duals.data());
    const bool has_duals = !is_mip(checked_.model) && int_info("dual_solution_status") == kHighsSolutionStatusFeasible;
    if (!has_duals) {
      point.reduced_costs.clear();
      point.duals.clear();
    }
    put_point(result, checked_.model, point);
  }

  const CheckedModel& checked_;
  const std::stop_token& stop_;
  Incumbent& incumbent_;
  std::unique_ptr<void, Deleter> highs_;
  std::string log_;
  std::optional<double> time_limit_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

Result solve(const CheckedModel& checked, const Options& options, const std::stop_token& stop, Incumbent& incumbent) {
  auto trivial = solve_trivial(checked);
  if (trivial) return std::move(*trivial);
  Highs highs{checked, stop, incumbent};
  highs.set_options(options);
  return highs.run_to_result();
}

Result give_up(const CheckedModel& checked, const Incumbent& incumbent, std::string_view status) {
  Result result = begin_result(checked.model, std::string{status});
  const std::vector<double> point = incumbent.look();
  if (point.size() != checked.model.columns.size() || point.empty()) return result;
  result.objective = objective_of(checked.model, point);
  put_point(result, checked.model, {.values = point, .activities = activities_of(checked, point)});
  return result;
}

}  // namespace tenfold::solver
