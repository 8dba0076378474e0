#include <algorithm>
#include <limits>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "config/units.hpp"
#include "load/run.hpp"
#include "load/summary.hpp"
#include "sim/workload.hpp"

namespace tenfold::cli {

namespace {

using namespace std::chrono_literals;

constexpr int kNotGood = 1;
constexpr int kNothingSent = 2;
constexpr int kCrossed = 3;

// How long an endless run lasts that is not told to end.
constexpr core::Duration kDefaultDuration = 10s;

struct LoadLine {
  load::RunOptions run;
  std::optional<std::uint32_t> burst;
  std::vector<std::string> headers;
  std::vector<std::string> data;
  std::vector<std::string> expectations;
  std::vector<std::string> thresholds;
  std::string duration;
  std::string warm_up;
  std::string timeout;
  double tolerance = 1e-6;
  bool is_json = false;
  std::string html;
  load::Summary summary;
};

using Checked = std::expected<void, std::string>;

Checked read_requests(LoadLine& line) {
  auto bodies = load::read_bodies(line.data);
  if (!bodies) return std::unexpected(bodies.error());
  line.run.requests.bodies = std::move(*bodies);
  for (const std::string& header : line.headers) {
    const std::size_t colon = header.find(':');
    if (colon == 0 || colon == std::string::npos) return std::unexpected(fmt::format("'{}' is not NAME:VALUE", header));
    const std::size_t value = std::min(header.find_first_not_of(' ', colon + 1), header.size());
    line.run.requests.headers.emplace_back(header.substr(0, colon), header.substr(value));
  }
  return {};
}

Checked read_expectations(LoadLine& line) {
  for (const std::string& text : line.expectations) {
    auto expectation = load::parse_expectation(text);
    if (!expectation) return std::unexpected(expectation.error());
    expectation->tolerance = line.tolerance;
    line.run.expectations.push_back(std::move(*expectation));
  }
  for (const std::string& text : line.thresholds) {
    auto threshold = load::parse_threshold(text);
    if (!threshold) return std::unexpected(threshold.error());
    line.summary.thresholds.push_back(std::move(*threshold));
  }
  return {};
}

// Nothing where the flag was not given.
std::expected<std::optional<core::Duration>, std::string> read_span(std::string_view flag, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto span = config::parse_duration(text);
  if (!span) return std::unexpected(fmt::format("{}: {}", flag, span.error()));
  if (*span <= 0s) return std::unexpected(fmt::format("{}: it must be above zero", flag));
  return *span;
}

Checked read_times(LoadLine& line) {
  const auto duration = read_span("--duration", line.duration);
  if (!duration) return std::unexpected(duration.error());
  const auto warm_up = read_span("--warm-up", line.warm_up);
  if (!warm_up) return std::unexpected(warm_up.error());
  const auto timeout = read_span("--timeout", line.timeout);
  if (!timeout) return std::unexpected(timeout.error());
  line.run.duration = *duration;
  line.run.warm_up = warm_up->value_or(0s);
  if (*timeout) line.run.timeout = **timeout;
  return {};
}

// A burst, unless the line says another thing.
Checked read_workload(LoadLine& line) {
  constexpr std::uint32_t kDefaultBurst = 100;
  load::RunOptions& run = line.run;
  const bool is_plain =
      !run.workload && !run.connections && !run.think && !run.most_requests && !run.duration && run.warm_up == 0s;
  if (line.burst && !is_plain)
    return std::unexpected("--burst is a workload of its own: leave out the others, or write --workload burst:n=100");
  if (run.workload && run.think)
    return std::unexpected("--think is of a closed loop: write --workload closed:think=1s");
  if (is_plain) {
    const std::uint32_t size = line.burst.value_or(kDefaultBurst);
    run.workload = fmt::format("burst:n={}", size);
    run.connections = size;
    run.opens_before = true;
    line.summary.how = "released together";
    return {};
  }
  if (!run.workload) {
    line.summary.how = fmt::format("over {} in a closed loop", run.connections.value_or(1) == 1
                                                                   ? "1 connection"
                                                                   : fmt::format("{} connections", *run.connections));
    run.opens_before = true;
  } else {
    line.summary.how = *run.workload;
    const auto workload = sim::make_workload(*run.workload, run.seed);
    if (!workload) return std::unexpected(workload.error());
    for (const std::string& note : (*workload)->notes) fmt::print(stderr, "tenfold load: {}\n", note);
    if ((*workload)->total()) return {};
  }
  if (!run.most_requests && !run.duration) run.duration = kDefaultDuration;
  return {};
}

Checked check_warm_up(const load::RunOptions& run) {
  if (run.duration && run.warm_up >= *run.duration)
    return std::unexpected("--warm-up: it must be shorter than --duration");
  return {};
}

Checked complete(LoadLine& line) {
  for (const auto step : {read_requests, read_expectations, read_times, read_workload}) {
    if (auto done = step(line); !done) return done;
  }
  const std::vector<std::string>& urls = line.run.requests.urls;
  line.summary.what = urls.size() == 1 ? urls.front() : fmt::format("{} URLs", urls.size());
  return check_warm_up(line.run);
}

void show_progress(const load::Progress& progress, const load::RunOptions& run) {
  const double elapsed_s = core::to_seconds(progress.elapsed);
  const std::string whole = run.duration ? fmt::format(" of {}", config::format_duration(*run.duration)) : "";
  const std::string unanswered = progress.unanswered > 0 ? fmt::format(", {} without", progress.unanswered) : "";
  fmt::print(stderr, "\r{:.1f} s{}: {} sent, {} answered{}, {:.1f} a second\033[K", elapsed_s, whole, progress.sent,
             progress.answered, unanswered, static_cast<double>(progress.answered) / std::max(elapsed_s, 1e-9));
}

int complain(std::string_view what) {
  fmt::print(stderr, "tenfold load: {}\n", what);
  return kNothingSent;
}

int exit_code_of(const load::Summary& summary) {
  if (load::is_crossed(summary)) return kCrossed;
  return load::is_good(summary) ? 0 : kNotGood;
}

int run(LoadLine& line) {
  if (auto completed = complete(line); !completed) return complain(completed.error());
  const bool is_watched = !line.is_json && ::isatty(STDERR_FILENO) == 1;
  if (is_watched) line.run.on_progress = [&line](const load::Progress& progress) { show_progress(progress, line.run); };
  auto result = load::run(line.run);
  if (is_watched) fmt::print(stderr, "\r\033[K");
  if (!result) return complain(result.error());
  line.summary.result = std::move(*result);
  fmt::print("{}", line.is_json ? load::to_json(line.summary) + "\n" : load::to_text(line.summary));
  if (!line.html.empty()) {
    if (auto written = write_file(line.html, load::to_html(line.summary)); !written) {
      fmt::print(stderr, "tenfold load: {}\n", written.error());
      return kNotGood;
    }
  }
  return exit_code_of(line.summary);
}

void add_request_flags(CLI::App& command, LoadLine& line) {
  command
      .add_option("URL", line.run.requests.urls,
                  "where to, http://HOST:PORT/PATH or 'METHOD http://...'; several take turns")
      ->required();
  command
      .add_option("--data", line.data,
                  "the body: @FILE, @- for standard input, or the text itself; a file that ends in .jsonl or .ndjson "
                  "holds one a line. Several take turns")
      ->type_name("@FILE")
      ->allow_extra_args(false);
  command.add_flag("--raw", line.run.requests.is_raw, "send bodies as they are: {{...}} in them is not filled in");
  command
      .add_option("--header", line.headers,
                  "a header; may be given more than once. Content-Type follows from a file's name")
      ->type_name("NAME:VALUE")
      ->allow_extra_args(false);
  command.add_option("--method", line.run.requests.method, "the method; GET and HEAD carry no body [POST]")
      ->type_name("NAME");
}

void add_workload_flags(CLI::App& command, LoadLine& line) {
  constexpr std::uint32_t kMost = 100'000;
  command.add_option("--burst", line.burst, "requests, each on a connection of its own, released together [100]")
      ->type_name("N")
      ->check(CLI::Range(1U, kMost).description({}));
  command
      .add_option("--workload", line.run.workload,
                  "who comes when, as simulate takes it: an open loop, which sends on whatever becomes of what it sent")
      ->type_name("SPEC");
  command
      .add_option(
          "--connections", line.run.connections,
          "a closed loop over so many: each asks again when it is answered. With --workload: at most so many to "
          "each server [1, or as many as it takes]")
      ->type_name("N")
      ->check(CLI::Range(1U, kMost).description({}));
  command.add_option("--think", line.run.think, "a closed loop's pause before each request: its mean, or constant:1s")
      ->type_name("SPEC");
  command.add_option("--duration", line.duration, "for how long requests are sent [10s of what does not end]")
      ->type_name("TIME");
  command.add_option("--requests", line.run.most_requests, "requests at most")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::numeric_limits<std::uint64_t>::max()).description({}));
  command.add_option("--warm-up", line.warm_up, "requests that are due before are sent and not counted [0s]")
      ->type_name("TIME");
  command.add_option("--timeout", line.timeout, "for each answer, from when its request was due [300s]")
      ->type_name("TIME");
  command.add_option("--seed", line.run.seed, "of all random numbers [1]")->type_name("N");
  command.add_option("--threads", line.run.threads, "each sends its share on a core of its own [1]")
      ->type_name("N")
      ->check(CLI::Range(1U, 256U).description({}));
}

void add_answer_flags(CLI::App& command, LoadLine& line) {
  command
      .add_option("--expect-json", line.expectations,
                  "each answer's JSON must hold this, e.g. status=optimal or plan.items[0]=3")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  command.add_option("--tolerance", line.tolerance, "how far a number may be off, relative [1e-6]")->type_name("X");
  command
      .add_option(
          "--fail-if", line.thresholds,
          "end with 3 if this is so: 'p95 > 500ms', 'queue p99 > 1s', 'errors > 1%', 'rate < 100'; may be given "
          "more than once")
      ->type_name("RULE")
      ->allow_extra_args(false);
  command.add_flag("--json", line.is_json, "print the result as JSON");
  command.add_option("--html", line.html, "write the result as a page with charts")->type_name("FILE");
}

}  // namespace

void add_load_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("load", "send many requests and measure the answers");
  auto line = std::make_shared<LoadLine>();
  add_request_flags(*command, *line);
  add_workload_flags(*command, *line);
  add_answer_flags(*command, *line);
  command->footer(fmt::format(
      R"(A request's time counts from when it was due: where the server stalls, those that could not be sent have waited, too.
In bodies {{{{index}}}} is the request's number, {{{{random 1 100}}}} a number from 1 to 100, {{{{uuid}}}} a random UUID.
Ctrl-C ends a run with the summary of what was done.

Exit code 0 if every request was answered 2xx and as expected (with --fail-if errors: if enough were), 1 if not,
2 if nothing could be sent, 3 if a --fail-if is so.

Workloads:
{}
  tenfold load http://127.0.0.1:8080/solve --burst 100 --data @model.mps --expect-json status=optimal
  tenfold load http://127.0.0.1:8080/solve --workload poisson:rate=20 --duration 1m --data @bodies.jsonl
  tenfold load http://127.0.0.1:8080/solve --connections 16 --duration 30s --fail-if 'p95 > 500ms')",
      sim::workload_help()));
  command->callback([line, &exit_code] { exit_code = run(*line); });
}

}  // namespace tenfold::cli
