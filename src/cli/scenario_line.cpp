#include "cli/scenario_line.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <csignal>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "config/units.hpp"
#include "core/time.hpp"
#include "sim/cost.hpp"
#include "sim/spec.hpp"
#include "sim/trace_time.hpp"

namespace tenfold::cli {

namespace {

report::Percentiles to_percentiles(const Distribution& d) {
  return {.count = d.count(),
          .min_s = d.min_s(),
          .mean_s = d.mean_s(),
          .p50_s = d.percentile_s(0.50),
          .p90_s = d.percentile_s(0.90),
          .p95_s = d.percentile_s(0.95),
          .p99_s = d.percentile_s(0.99),
          .max_s = d.max_s()};
}

std::atomic<bool> interrupted = false;

}  // namespace

void ScenarioLine::add_to(CLI::App& command) {
  command.add_option("--workload", scenario_.workload, "who comes when [burst:n=100]")->type_name("SPEC");
  service_ =
      command.add_option("--service", scenario_.service, "how long a request takes in a slot [exponential:mean=500ms]")
          ->type_name("SPEC");
  command.add_option("--cold-start", scenario_.cold_start, "from a replica's start until it is ready [constant:1s]")
      ->type_name("SPEC");
  command.add_option("--patience", scenario_.patience, "from a request's arrival until its client leaves [never]")
      ->type_name("SPEC");
  command.add_option("--requests", requests_, "requests at most [100000 of a workload that does not end]")
      ->type_name("N");
  command
      .add_option("--duration", duration_,
                  "how long requests come, and how long replicas are counted [until the last request ends]")
      ->type_name("TIME");
  command
      .add_option("--begin", begin_,
                  "the wall clock when it begins, for schedule rules, in UTC [2026-01-05T00:00:00Z, a Monday]")
      ->type_name("TIME");
  command
      .add_option(
          "--cores", cores_,
          "that requests compute, and on how many CPUs of one machine; own: each replica on its --cpu, as on Azure "
          "[they only take time]")
      ->type_name("CPUS|own");
  command
      .add_option("--cores-taken", cores_taken_, "of --cores, those that others on the machine have to themselves [0]")
      ->type_name("CPUS");
  command
      .add_option("--warm-up", warm_up_,
                  "requests that come before, and what replicas cost until then, do not count [0s]")
      ->type_name("TIME");
  command.add_option("--scale-rate", rate_scale_, "so many times as many requests in the same time [1]")
      ->type_name("FACTOR");
  command
      .add_option(
          "--failures", scenario_.failures,
          "replicas that fail: life=MEAN TIME, start=SHARE of starts that fail, slow=SHARE that take slowdown=10 "
          "times as long [none]")
      ->type_name("SPEC");
  command
      .add_option("--request-memory", scenario_.request_memory,
                  "what a request takes of its replica's --memory; who exceeds it is killed [not looked at]")
      ->type_name("SPEC");
  command.add_option("--idle-memory", idle_memory_, "of a replica without requests [0]")->type_name("SIZE");
  command.add_option("--nodes", nodes_, "what replicas are placed on: cpu=CPUS,memory=SIZE [room for all]")
      ->type_name("SPEC");
  command.add_option("--seed", seed_, "of all random numbers: the same seed is the same run [1]")->type_name("N");
}

namespace {

// A whole number; the text is the option's value.
std::expected<std::uint64_t, std::string> whole_number(std::string_view option, const std::string& text,
                                                       std::uint64_t least) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size() && number >= least) return number;
  return std::unexpected(fmt::format("{}: '{}' is no whole number from {} to {}", option, text, least, UINT64_MAX));
}

std::expected<void, std::string> read_nodes(sim::Scenario& scenario, const std::string& text) {
  sim::SpecReader spec = sim::SpecReader::of_keys("--nodes", text);
  scenario.node_cpu = spec.number("cpu", 0, 0, 1e6);
  const std::string memory = spec.text("memory", "");
  if (!memory.empty()) {
    const auto size = config::parse_size(memory);
    if (!size) spec.fail("memory: " + size.error());
    scenario.node_memory = size.value_or(core::Bytes{});
  }
  if (scenario.node_cpu == 0 && scenario.node_memory == core::Bytes{}) spec.fail("write cpu=8,memory=32Gi");
  const std::string wrong = spec.error();
  return wrong.empty() ? std::expected<void, std::string>{} : std::unexpected(wrong);
}

}  // namespace

std::expected<void, std::string> ScenarioLine::apply_cores(config::AppConfig& app) const {
  if (cores_.empty() || has_own_cores()) return {};
  const auto all = config::settings();
  const auto setting = std::ranges::find(all, std::string_view{"cores"}, &config::Setting::flag);
  const auto applied = setting->apply(app, cores_);
  if (!applied) return std::unexpected("--cores: " + applied.error() + ", or own");
  return {};
}

std::expected<sim::Scenario, std::string> ScenarioLine::read() const {
  sim::Scenario scenario = scenario_;
  scenario.is_service_stated = service_ != nullptr && service_->count() > 0;
  scenario.has_own_cores = has_own_cores();
  if (!requests_.empty()) {
    const auto count = whole_number("--requests", requests_, 1);
    if (!count) return std::unexpected(count.error());
    scenario.requests = *count;
  }
  if (!seed_.empty()) {
    const auto seed = whole_number("--seed", seed_, 0);
    if (!seed) return std::unexpected(seed.error());
    scenario.seed = *seed;
  }
  if (!warm_up_.empty()) {
    const auto warm_up = config::parse_duration(warm_up_);
    if (!warm_up) return std::unexpected("--warm-up: " + warm_up.error());
    scenario.warm_up = *warm_up;
  }
  if (!rate_scale_.empty()) {
    const auto scale = config::parse_number(rate_scale_, 1e-6, 1e6);
    if (!scale) return std::unexpected("--scale-rate: " + scale.error());
    scenario.rate_scale = *scale;
  }
  if (!idle_memory_.empty()) {
    const auto size = config::parse_size(idle_memory_);
    if (!size) return std::unexpected("--idle-memory: " + size.error());
    if (scenario.request_memory.empty()) return std::unexpected("--idle-memory: it needs --request-memory");
    scenario.idle_memory = *size;
  }
  if (!cores_taken_.empty()) {
    const auto cores = config::parse_number(cores_taken_, 0, 100'000);
    if (!cores) return std::unexpected("--cores-taken: " + cores.error());
    scenario.cores_taken = *cores;
  }
  if (!nodes_.empty()) {
    if (const auto read = read_nodes(scenario, nodes_); !read) return std::unexpected(read.error());
  }
  if (!duration_.empty()) {
    const auto duration = config::parse_duration(duration_);
    if (!duration) return std::unexpected("--duration: " + duration.error());
    scenario.duration = *duration;
    if (scenario.warm_up > core::Duration::zero() && scenario.warm_up >= *duration)
      return std::unexpected("--warm-up: it must be shorter than --duration");
  }
  if (!begin_.empty()) {
    const auto nanoseconds = sim::parse_time(begin_);
    if (!nanoseconds)
      return std::unexpected(fmt::format("--begin: '{}' is no time; write 2026-01-05T08:00:00Z", begin_));
    scenario.begins_at = std::chrono::duration_cast<std::chrono::seconds>(*nanoseconds);
  }
  return scenario;
}

std::string cost_unit(const config::AppConfig& app) { return app.prices.value_or(Prices{}).currency; }

std::vector<std::string_view> not_simulated() {
  // The scenario says by itself how many cores there are.
  return {"cores", "port",   "address",  "admin-port", "admin-address", "admin-host", "admin-token-file",
          "env",   "python", "max-body", "max-head",   "journal",       "class-by"};
}

report::Summary to_summary(const sim::ScenarioResult& result, const config::AppConfig& app, std::string label) {
  report::Summary summary{.policy = std::move(label),
                          .wait = to_percentiles(result.wait),
                          .total = to_percentiles(result.total),
                          .p_wait = result.p_wait(),
                          .makespan_s = core::to_seconds(result.makespan),
                          .mean_completion_s = core::to_seconds(result.mean_completion),
                          .replica_seconds = result.replica_s,
                          .answered = result.answered,
                          .rejected = result.rejected,
                          .left = result.left,
                          .requests = result.requests,
                          .decisions = result.decisions,
                          .starts = result.starts,
                          .most_replicas = result.most_replicas};
  if (result.wall_s > 0) summary.simulated_requests_per_s = static_cast<double>(result.requests) / result.wall_s;
  summary.cost = sim::cost_of(result, app);
  summary.cost_unit = cost_unit(app);
  for (std::size_t n = 0; n < result.classes.size(); ++n) {
    const sim::ClassResult& own = result.classes[n];
    if (own.requests == 0) continue;
    const bool is_named = n > 0 && n <= result.class_names.size();
    summary.classes.push_back({.name = is_named ? result.class_names[n - 1] : "",
                               .requests = own.requests,
                               .answered = own.answered,
                               .rejected = own.rejected,
                               .left = own.left,
                               .wait = to_percentiles(own.wait),
                               .total = to_percentiles(own.total)});
  }
  return summary;
}

InterruptGuard::InterruptGuard() {
  interrupted = false;
  std::signal(SIGINT, [](int) { interrupted = true; });
}
InterruptGuard::~InterruptGuard() { std::signal(SIGINT, SIG_DFL); }
bool InterruptGuard::was_interrupted() { return interrupted; }

}  // namespace tenfold::cli
