#include "solver/highs.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include <fcntl.h>
#include <fmt/format.h>
#include <interfaces/highs_c_api.h>
#include <unistd.h>

namespace tenfold::solver {

namespace {

std::string temporary_directory() {
  const char* named = std::getenv("TMPDIR");
  return named != nullptr && ::access(named, W_OK | X_OK) == 0 ? named : "/tmp";
}

// A file that is there for one reader: HiGHS reads from paths only, and tells formats by their extension.
class TemporaryFile {
 public:
  TemporaryFile(std::string_view text, std::string_view extension)
      : path_{temporary_directory() + "/tenfold-model-XXXXXX" + std::string{extension}} {
    const int fd = ::mkstemps(path_.data(), static_cast<int>(extension.size()));
    is_written_ = fd >= 0;
    while (is_written_ && !text.empty()) {
      const ssize_t written = ::write(fd, text.data(), text.size());
      is_written_ = written > 0;
      if (is_written_) text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (fd >= 0) ::close(fd);
  }
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }
  bool is_written() const { return is_written_; }

 private:
  std::string path_;
  bool is_written_ = false;
};

// A sparse matrix by columns, as HiGHS takes it.
struct Compressed {
  std::vector<HighsInt> start;
  std::vector<HighsInt> index;
  std::vector<double> value;
};

Compressed compress(const Triplets& triplets, std::size_t column_count) {
  std::vector<std::size_t> order(triplets.values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t k) { return std::pair{triplets.columns[k], triplets.rows[k]}; });
  Compressed made;
  made.start.assign(column_count + 1, 0);
  for (const std::size_t k : order) {
    ++made.start[static_cast<std::size_t>(triplets.columns[k]) + 1];
    made.index.push_back(triplets.rows[k]);
    made.value.push_back(triplets.values[k]);
  }
  std::partial_sum(made.start.begin(), made.start.end(), made.start.begin());
  return made;
}

// Of a symmetric matrix the half that HiGHS wants: row >= column. An entry above the diagonal stands for the one below
// it.
Triplets lower_triangle(const Triplets& all) {
  std::map<std::pair<int, int>, double> entries;
  for (std::size_t k = 0; k < all.values.size(); ++k) {
    entries[{std::max(all.rows[k], all.columns[k]), std::min(all.rows[k], all.columns[k])}] = all.values[k];
  }
  Triplets half;
  for (const auto& [place, value] : entries) {
    half.rows.push_back(place.first);
    half.columns.push_back(place.second);
    half.values.push_back(value);
  }
  return half;
}

HighsInt to_var_type(const std::optional<std::string>& type) {
  if (type == "integer") return kHighsVarTypeInteger;
  if (type == "semi_continuous") return kHighsVarTypeSemiContinuous;
  if (type == "semi_integer") return kHighsVarTypeSemiInteger;
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

// The scheduler belongs to the calling thread, and is made anew when another number of threads is wanted.
void use_threads(void* highs, int threads) {
  thread_local int current = 0;
  if (current != 0 && current != threads) Highs_resetGlobalScheduler(1);
  current = threads;
  Highs_setIntOptionValue(highs, "threads", threads);
}

double double_info(const void* highs, const char* name) {
  double value = NAN;
  Highs_getDoubleInfoValue(highs, name, &value);
  return value;
}

std::int64_t int_info(const void* highs, const char* name) {
  HighsInt value = 0;
  Highs_getIntInfoValue(highs, name, &value);
  return std::max(value, 0);
}

std::optional<double> if_finite(double value) { return std::isfinite(value) ? std::optional{value} : std::nullopt; }

}  // namespace

void Highs::Deleter::operator()(void* highs) const { Highs_destroy(highs); }

struct Highs::Callback {
  static void call(int type, const char* message, const HighsCallbackDataOut*, HighsCallbackDataIn* in, void* self) {
    auto& highs = *static_cast<Highs*>(self);
    if (type == kHighsCallbackLogging) {
      highs.log_ += message;
    } else if (in && highs.stop_ && highs.stop_->stop_requested()) {
      in->user_interrupt = 1;
    }
  }
};

Highs::Highs() : highs_{Highs_create()} {
  Highs_setBoolOptionValue(highs_.get(), "output_flag", 1);
  Highs_setBoolOptionValue(highs_.get(), "log_to_console", 0);
  Highs_setCallback(highs_.get(), &Callback::call, this);
}

Highs::~Highs() = default;

std::expected<void, std::string> Highs::read(std::string_view text, FileFormat format) {
  const TemporaryFile file{text, format == FileFormat::kMps ? ".mps" : ".lp"};
  if (!file.is_written())
    return std::unexpected(fmt::format("the model cannot be stored in {}: {}", file.path(), std::strerror(errno)));
  log_.clear();
  Highs_startCallback(highs_.get(), kHighsCallbackLogging);
  const HighsInt status = Highs_readModel(highs_.get(), file.path().c_str());
  Highs_stopCallback(highs_.get(), kHighsCallbackLogging);
  // A warning is an error here if nothing was read: HiGHS reads a file of noise as an empty model.
  const bool is_empty = Highs_getNumCol(highs_.get()) == 0 && Highs_getNumRow(highs_.get()) == 0;
  if (status == kHighsStatusError || is_empty) return std::unexpected(log_);
  return {};
}

std::expected<void, std::string> Highs::read(const JsonModel& model) {
  const double infinity = Highs_getInfinity(highs_.get());
  std::vector<double> cost;
  std::vector<double> lower;
  std::vector<double> upper;
  std::vector<HighsInt> types;
  for (const Column& column : model.columns) {
    cost.push_back(column.cost.value_or(0));
    lower.push_back(column.lower.value_or(-infinity));
    upper.push_back(column.upper.value_or(infinity));
    types.push_back(to_var_type(column.type));
  }
  std::vector<double> row_lower;
  std::vector<double> row_upper;
  for (const Row& row : model.rows) {
    row_lower.push_back(row.lower.value_or(-infinity));
    row_upper.push_back(row.upper.value_or(infinity));
  }
  const Compressed matrix = compress(model.matrix, model.columns.size());
  const Compressed hessian =
      compress(model.hessian ? lower_triangle(*model.hessian) : Triplets{}, model.columns.size());
  const bool is_mip = std::ranges::any_of(types, [](HighsInt type) { return type != kHighsVarTypeContinuous; });
  const HighsInt status =
      Highs_passModel(highs_.get(), static_cast<HighsInt>(cost.size()), static_cast<HighsInt>(row_lower.size()),
                      static_cast<HighsInt>(matrix.value.size()), static_cast<HighsInt>(hessian.value.size()),
                      kHighsMatrixFormatColwise, kHighsHessianFormatTriangular,
                      model.sense == "max" ? kHighsObjSenseMaximize : kHighsObjSenseMinimize, model.offset.value_or(0),
                      cost.data(), lower.data(), upper.data(), row_lower.data(), row_upper.data(), matrix.start.data(),
                      matrix.index.data(), matrix.value.data(), hessian.start.data(), hessian.index.data(),
                      hessian.value.data(), is_mip ? types.data() : nullptr);
  if (status == kHighsStatusError)
    return std::unexpected("HiGHS refuses the model: a bound, a cost or an entry is not usable");
  for (std::size_t j = 0; j < model.columns.size(); ++j) {
    const std::string name = model.columns[j].name.value_or(fmt::format("x{}", j));
    Highs_passColName(highs_.get(), static_cast<HighsInt>(j), name.c_str());
  }
  for (std::size_t i = 0; i < model.rows.size(); ++i) {
    const std::string name = model.rows[i].name.value_or(fmt::format("r{}", i));
    Highs_passRowName(highs_.get(), static_cast<HighsInt>(i), name.c_str());
  }
  return {};
}

Result Highs::solve(const Options& options, std::stop_token stop) {
  const auto start = std::chrono::steady_clock::now();
  set_options(options);
  log_.clear();
  HighsInt status = run(stop);
  if (status == kHighsModelStatusUnboundedOrInfeasible) status = settle_infeasible_or_unbounded(stop);
  Result result{.status = std::string{to_word(status)}};
  if (stop.stop_requested() && status != kHighsModelStatusOptimal) result.status = "cancelled";
  collect(result, status);
  if (result.status == "error") {
    result.message = fmt::format("HiGHS ended with model status {}: {}", status,
                                 log_.substr(log_.size() - std::min<std::size_t>(log_.size(), 400)));
  }
  result.times.solve_s = seconds_since(start);
  return result;
}

void Highs::set_options(const Options& options) {
  use_threads(highs_.get(), options.threads.value_or(1));
  if (options.threads.value_or(1) == 1) Highs_setStringOptionValue(highs_.get(), "parallel", "off");
  if (options.time_limit) Highs_setDoubleOptionValue(highs_.get(), "time_limit", *options.time_limit);
  if (options.mip_rel_gap) Highs_setDoubleOptionValue(highs_.get(), "mip_rel_gap", *options.mip_rel_gap);
  if (options.seed) Highs_setIntOptionValue(highs_.get(), "random_seed", *options.seed);
}

int Highs::run(const std::stop_token& stop) {
  constexpr std::array kInterrupts{kHighsCallbackSimplexInterrupt, kHighsCallbackIpmInterrupt,
                                   kHighsCallbackMipInterrupt};
  if (stop.stop_requested()) return kHighsModelStatusInterrupt;
  stop_ = &stop;
  for (const HighsInt type : kInterrupts) Highs_startCallback(highs_.get(), type);
  Highs_run(highs_.get());
  for (const HighsInt type : kInterrupts) Highs_stopCallback(highs_.get(), type);
  stop_ = nullptr;
  return Highs_getModelStatus(highs_.get());
}

// Presolve may see that one of the two holds and not which. Without it the solver says; if not, the model without its
// objective does: it has a point, or it has none.
int Highs::settle_infeasible_or_unbounded(const std::stop_token& stop) {
  Highs_setStringOptionValue(highs_.get(), "presolve", "off");
  HighsInt status = run(stop);
  if (status != kHighsModelStatusUnboundedOrInfeasible) return status;
  const HighsInt columns = Highs_getNumCol(highs_.get());
  const std::vector<double> no_cost(static_cast<std::size_t>(columns), 0.0);
  Highs_changeColsCostByRange(highs_.get(), 0, columns - 1, no_cost.data());
  status = run(stop);
  return status == kHighsModelStatusOptimal ? kHighsModelStatusUnbounded : status;
}

void Highs::collect(Result& result, int model_status) const {
  const void* highs = highs_.get();
  std::int64_t nodes = 0;
  Highs_getInt64InfoValue(highs, "mip_node_count", &nodes);
  result.nodes = std::max<std::int64_t>(nodes, 0);
  for (const char* name : {"simplex_iteration_count", "ipm_iteration_count", "qp_iteration_count"}) {
    result.iterations += int_info(highs, name);
  }
  HighsInt primal_status = 0;
  Highs_getIntInfoValue(highs, "primal_solution_status", &primal_status);
  const bool has_point = primal_status == kHighsSolutionStatusFeasible && model_status != kHighsModelStatusUnbounded;
  if (!has_point) return;

  const auto column_count = static_cast<std::size_t>(Highs_getNumCol(highs));
  const auto row_count = static_cast<std::size_t>(Highs_getNumRow(highs));
  std::vector<double> value(column_count);
  std::vector<double> reduced_cost(column_count);
  std::vector<double> activity(row_count);
  std::vector<double> dual(row_count);
  Highs_getSolution(highs, value.data(), reduced_cost.data(), activity.data(), dual.data());
  HighsInt dual_status = 0;
  Highs_getIntInfoValue(highs, "dual_solution_status", &dual_status);
  const bool has_duals = dual_status == kHighsSolutionStatusFeasible;

  result.objective = if_finite(Highs_getObjectiveValue(highs));
  const bool is_mip = std::isfinite(double_info(highs, "mip_gap")) && nodes >= 0;
  result.bound = is_mip ? if_finite(double_info(highs, "mip_dual_bound")) : result.objective;
  result.gap = is_mip ? if_finite(double_info(highs, "mip_gap")) : std::optional{0.0};
  if (!is_mip && model_status != kHighsModelStatusOptimal) result.bound = result.gap = std::nullopt;

  std::array<char, kHighsMaximumStringLength + 1> name{};
  result.columns.emplace();
  for (std::size_t j = 0; j < column_count; ++j) {
    Highs_getColName(highs, static_cast<HighsInt>(j), name.data());
    (*result.columns)[name.data()] = {value[j], has_duals ? std::optional{reduced_cost[j]} : std::nullopt};
  }
  result.rows.emplace();
  for (std::size_t i = 0; i < row_count; ++i) {
    Highs_getRowName(highs, static_cast<HighsInt>(i), name.data());
    (*result.rows)[name.data()] = {activity[i], has_duals ? std::optional{dual[i]} : std::nullopt};
  }
}

}  // namespace tenfold::solver
