// HiGHS as an object: reads a model, solves it, and stops when it is told to.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <tenfold/json.hpp>

#include "solver/json_model.hpp"
#include "solver/options.hpp"

namespace tenfold::solver {

struct ColumnResult {
  double value = 0;
  std::optional<double> reduced_cost;
};
BOOST_DESCRIBE_STRUCT(ColumnResult, (), (value, reduced_cost))

struct RowResult {
  double activity = 0;
  std::optional<double> dual;
};
BOOST_DESCRIBE_STRUCT(RowResult, (), (activity, dual))

struct Times {
  double read_s = 0;
  double solve_s = 0;
};
BOOST_DESCRIBE_STRUCT(Times, (), (read_s, solve_s))

// What a solve found. `status` is optimal, infeasible, unbounded, time_limit, cancelled or error.
struct Result {
  std::string status;
  std::optional<double> objective;  // of the best point found
  std::optional<double> bound;      // no point is better than this
  std::optional<double> gap;        // relative, between the two
  std::int64_t iterations = 0;
  std::int64_t nodes = 0;
  Times times;
  std::optional<std::string> message;  // why it is an error
  std::optional<std::map<std::string, ColumnResult>> columns;
  std::optional<std::map<std::string, RowResult>> rows;
};
BOOST_DESCRIBE_STRUCT(Result, (), (status, objective, bound, gap, iterations, nodes, times, message, columns, rows))

enum class FileFormat : std::uint8_t { kMps, kLp };

// One model and its solution. Used by one thread; several may be used at once by several threads.
class Highs {
 public:
  Highs();
  ~Highs();
  Highs(const Highs&) = delete;
  Highs& operator=(const Highs&) = delete;

  // The error is what HiGHS's reader said, which may be little. It takes some broken files for models all the same, and
  // then `has_warned`.
  std::expected<void, std::string> read(std::string_view text, FileFormat format);
  bool has_warned() const { return log_.find("WARNING") != std::string::npos; }
  std::expected<void, std::string> read(const JsonModel& model);

  // Solves within the options' limits. Stops within 100 ms after `stop` is requested, with the best point found.
  Result solve(const Options& options, std::stop_token stop);

 private:
  struct Deleter {
    void operator()(void* highs) const;
  };
  void set_options(const Options& options);
  int run(const std::stop_token& stop);
  int settle_infeasible_or_unbounded(const std::stop_token& stop);
  void collect(Result& result, int model_status) const;

  struct Callback;  // what HiGHS calls while it works

  std::unique_ptr<void, Deleter> highs_;
  std::string log_;
  const std::stop_token* stop_ = nullptr;
};

}  // namespace tenfold::solver
