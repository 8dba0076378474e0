#include "solver/solver_service.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <tenfold/json.hpp>

#include "solver/body.hpp"
#include "solver/check_model.hpp"
#include "solver/highs.hpp"
#include "solver/json_model.hpp"
#include "solver/lp_reader.hpp"
#include "solver/mps_reader.hpp"
#include "solver/options.hpp"
#include "solver/text.hpp"
#include "solver/watch.hpp"

namespace tenfold::solver {

namespace {

using Clock = std::chrono::steady_clock;

constexpr double kLongestLimitS = 1e9;  // longer than anybody waits, and still a time that clocks can hold

Answer invalid(const std::vector<json::FieldError>& errors) { return {.status = 422, .body = json::to_detail(errors)}; }

std::string_view name_of(Format format) {
  return format == Format::kMps ? "MPS" : format == Format::kLp ? "LP" : "JSON";
}

// A line of a text, or a part of a JSON model, is the place of the error.
Answer invalid_model(const ModelError& error, Format format) {
  boost::json::array loc{"body"};
  std::string msg = fmt::format("The {} model is refused: ", name_of(format));
  if (error.line > 0) {
    loc.emplace_back(error.line);
    msg += fmt::format("line {}: ", error.line);
  }
  if (format == Format::kJson && !error.part.empty()) loc.emplace_back(error.part);
  if (format == Format::kJson && error.index >= 0) loc.emplace_back(error.index);
  msg += error.what;
  return invalid({{.type = "model_invalid",
                   .loc = std::move(loc),
                   .msg = std::move(msg),
                   .input = error.line > 0 ? json::Value(shown(error.text)) : json::Value(nullptr)}});
}

// The query's word goes before the body's.
Options merge(Options query, const std::optional<Options>& body) {
  if (!body) return query;
  if (!query.time_limit) query.time_limit = body->time_limit;
  if (!query.mip_rel_gap) query.mip_rel_gap = body->mip_rel_gap;
  if (!query.threads) query.threads = body->threads;
  if (!query.seed) query.seed = body->seed;
  return query;
}

// One request, with all that its solve uses: it may go on after its answer.
class Job {
 public:
  Job(Request request, const Options& options, std::stop_token stop)
      : request_{std::move(request)}, options_{options}, stop_{std::move(stop)} {}

  Answer run(Watch& watch) {
    auto body = read_body(std::move(request_));
    if (!body) return std::move(body.error());
    auto model = read_model(*body);
    if (!model) return std::move(model.error());
    body->text = {};
    if (options_.time_limit) watch.expect_end_by(Clock::now() + to_duration(*options_.time_limit));
    auto checked = check_model(std::move(*model));
    if (!checked) return invalid_model(checked.error(), body->format);
    publish(std::move(*checked));
    Result result = solve(*checked_, options_, stop_, incumbent_);
    return to_answer(result, Clock::now());
  }

  // The answer when `run` does not end: what is known by now. The replica ends with it.
  Answer give_up(Abandoned why) {
    const std::string_view status = why == Abandoned::kIsStopped ? "cancelled" : "time_limit";
    const std::lock_guard lock{mutex_};
    Result result = checked_ ? solver::give_up(*checked_, incumbent_, status) : Result{.status = std::string{status}};
    result.message = "HiGHS did not stop in time: its replica ends, and another is started";
    Answer answer = to_answer(result, Clock::now());
    answer.is_last = true;
    return answer;
  }

 private:
  static Clock::duration to_duration(double seconds) {
    return std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>{std::min(seconds, kLongestLimitS)});
  }

  std::expected<Model, Answer> read_model(const Body& body) {
    if (body.format == Format::kJson) {
      std::vector<json::FieldError> errors;
      JsonModel read = read_json_model(body.text, errors);
      if (!errors.empty()) return std::unexpected(invalid(errors));
      options_ = merge(options_, read.options);
      return std::move(read.model);
    }
    auto model = body.format == Format::kMps ? read_mps(body.text) : read_lp(body.text);
    if (!model) return std::unexpected(invalid_model(model.error(), body.format));
    return std::move(*model);
  }

  void publish(CheckedModel checked) {
    const std::lock_guard lock{mutex_};
    checked_ = std::make_unique<CheckedModel>(std::move(checked));
    is_read_ = Clock::now();
  }

  Answer to_answer(Result& result, Clock::time_point now) const {
    const auto seconds = [](Clock::duration time) { return std::chrono::duration<double>{time}.count(); };
    result.times.read_s = seconds((checked_ ? is_read_ : now) - start_);
    result.times.solve_s = checked_ ? seconds(now - is_read_) : 0;
    return {.body = json::to_text(json::to_value(result)) + "\n"};
  }

  Request request_;
  Options options_;
  std::stop_token stop_;
  // Guards checked_ and is_read_ between the thread that works and the one that gives it up: who is given up is in
  // the middle of HiGHS and answers no message.
  std::mutex mutex_;
  std::unique_ptr<const CheckedModel> checked_;  // not changed once it is there
  Clock::time_point start_ = Clock::now();
  Clock::time_point is_read_;  // when checked_ came
  Incumbent incumbent_;
};

}  // namespace

Answer solve_request(const Request& request, std::stop_token stop) {
  std::vector<json::FieldError> errors;
  const Options options = read_query(request.query, errors);
  if (!errors.empty()) return invalid(errors);
  const auto job = std::make_shared<Job>(request, options, stop);
  return run_watched([job](Watch& watch) { return job->run(watch); }, stop,
                     [job](Abandoned why) { return job->give_up(why); });
}

int run_solver_service() {
  std::atomic<bool> is_abandoned = false;
  Service service;
  service.post("/solve", [&](const Request& request, std::stop_token stop) {
    Answer answer = solve_request(request, std::move(stop));
    if (answer.is_last) is_abandoned = true;
    return answer;
  });
  const int code = service.serve();
  // A thread of HiGHS still works on what destructors would take away.
  if (is_abandoned) {
    std::fflush(nullptr);
    std::_Exit(code);
  }
  return code;
}

}  // namespace tenfold::solver
