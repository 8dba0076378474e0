#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/commands.hpp"
#include "config/read_text.hpp"
#include "config/units.hpp"
#include "load/burst.hpp"
#include "report/story.hpp"

namespace tenfold::cli {

namespace {

struct LoadLine {
  load::BurstOptions burst;
  std::vector<std::string> headers;
  std::string data;
  std::vector<std::string> expectations;
  std::string timeout = "300s";
  double tolerance = 1e-6;
  bool is_json = false;
};

std::expected<std::string, std::string> read_data(const std::string& data) {
  if (!data.starts_with('@')) return data;
  const std::string file = data == "@-" ? "standard input" : data.substr(1);
  auto text = data == "@-" ? config::read_text(STDIN_FILENO) : config::read_text(file);
  if (text) return text;
  return std::unexpected(fmt::format("{} cannot be read: {}", file, text.error()));
}

std::expected<void, std::string> complete(LoadLine& line) {
  auto body = read_data(line.data);
  if (!body) return std::unexpected(body.error());
  line.burst.body = std::move(*body);
  for (const std::string& header : line.headers) {
    const std::size_t colon = header.find(':');
    if (colon == 0 || colon == std::string::npos) return std::unexpected(fmt::format("'{}' is not NAME:VALUE", header));
    const std::size_t value = std::min(header.find_first_not_of(' ', colon + 1), header.size());
    line.burst.headers.emplace_back(header.substr(0, colon), header.substr(value));
  }
  for (const std::string& text : line.expectations) {
    auto expectation = load::parse_expectation(text);
    if (!expectation) return std::unexpected(expectation.error());
    expectation->tolerance = line.tolerance;
    line.burst.expectations.push_back(std::move(*expectation));
  }
  const auto timeout = config::parse_duration(line.timeout);
  if (!timeout) return std::unexpected("--timeout: " + timeout.error());
  line.burst.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(*timeout);
  return {};
}

std::string to_json(const load::BurstResult& result) {
  const report::Percentiles time = report::percentiles_of(result.times_s);
  boost::json::object statuses;
  for (const auto& [status, count] : result.statuses) statuses[std::to_string(status)] = count;
  const auto counts = [](const std::map<std::string, std::uint32_t>& map) {
    boost::json::object object;
    for (const auto& [key, count] : map) object[key] = count;
    return object;
  };
  return boost::json::serialize(boost::json::object{
      {"sent", result.sent},
      {"ok", result.is_good()},
      {"status", std::move(statuses)},
      {"errors", counts(result.errors)},
      {"failed_expectations", counts(result.failed_expectations)},
      {"replicas", counts(result.replicas)},
      {"time",
       {{"count", time.count},
        {"min_s", time.min_s},
        {"mean_s", time.mean_s},
        {"p50_s", time.p50_s},
        {"p90_s", time.p90_s},
        {"p95_s", time.p95_s},
        {"p99_s", time.p99_s},
        {"max_s", time.max_s}}},
      {"makespan_s", result.makespan_s},
      {"throughput_per_s", result.makespan_s > 0 ? static_cast<double>(time.count) / result.makespan_s : 0.0}});
}

void print(const load::BurstResult& result) {
  fmt::print("sent       {} requests, released together\n", result.sent);
  for (const auto& [status, count] : result.statuses) fmt::print("status     {} x {}\n", status, count);
  for (const auto& [error, count] : result.errors) fmt::print("no answer  {}: {}\n", count, error);
  for (const auto& [difference, count] : result.failed_expectations)
    fmt::print("wrong      {}: {}\n", count, difference);
  const report::Percentiles time = report::percentiles_of(result.times_s);
  if (time.count > 0) {
    fmt::print("time       min {:.3f}  mean {:.3f}  p50 {:.3f}  p90 {:.3f}  p95 {:.3f}  p99 {:.3f}  max {:.3f} s\n",
               time.min_s, time.mean_s, time.p50_s, time.p90_s, time.p95_s, time.p99_s, time.max_s);
    fmt::print("makespan   {:.3f} s, {:.1f} answers a second\n", result.makespan_s,
               static_cast<double>(time.count) / result.makespan_s);
  }
  if (!result.replicas.empty()) {
    fmt::print("replicas  ");
    for (const auto& [replica, count] : result.replicas) fmt::print(" {}: {}", replica, count);
    fmt::print("\n");
  }
}

int run(LoadLine& line) {
  if (auto completed = complete(line); !completed) {
    fmt::print(stderr, "tenfold load: {}\n", completed.error());
    return 2;
  }
  const bool is_watched = !line.is_json && ::isatty(STDERR_FILENO) == 1;
  if (is_watched) {
    line.burst.on_progress = [&line](std::uint32_t ended) {
      fmt::print(stderr, "\r{} of {} answered\033[K", ended, line.burst.requests);
      if (ended == line.burst.requests) fmt::print(stderr, "\r\033[K");
    };
  }
  const auto result = load::run_burst(line.burst);
  if (!result) {
    fmt::print(stderr, "tenfold load: {}\n", result.error());
    return 2;
  }
  if (line.is_json) {
    fmt::print("{}\n", to_json(*result));
  } else {
    print(*result);
  }
  return result->is_good() ? 0 : 1;
}

}  // namespace

void add_load_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("load", "send many requests at once and measure the answers");
  auto line = std::make_shared<LoadLine>();
  command->add_option("URL", line->burst.url, "where to, http://HOST:PORT/PATH")->required();
  command
      ->add_option("--burst", line->burst.requests,
                   "requests, each on a connection of its own, released together [100]")
      ->type_name("N")
      ->check(CLI::Range(1U, 100'000U));
  command->add_option("--data", line->data, "the body: @FILE, @- for standard input, or the text itself")
      ->type_name("@FILE");
  command->add_option("--header", line->headers, "a header; may be given more than once")->type_name("NAME:VALUE");
  command->add_option("--method", line->burst.method, "the method [POST]")->type_name("NAME");
  command
      ->add_option("--expect-json", line->expectations,
                   "each answer's JSON must hold this, e.g. status=optimal or plan.items[0]=3")
      ->type_name("PATH=VALUE");
  command->add_option("--tolerance", line->tolerance, "how far a number may be off, relative [1e-6]")->type_name("X");
  command->add_option("--timeout", line->timeout, "for all answers [300s]")->type_name("TIME");
  command->add_flag("--json", line->is_json, "print the result as JSON");
  command->footer(
      R"(Exit code 0 if every request was answered 2xx and as expected, 1 if not, 2 if nothing could be sent.

  tenfold load http://127.0.0.1:8080/solve --burst 100 --data @model.mps --expect-json status=optimal)");
  command->callback([line, &exit_code] { exit_code = run(*line); });
}

}  // namespace tenfold::cli
