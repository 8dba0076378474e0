#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.hpp"
#include "config/units.hpp"
#include "sim/fit/arrival_fit.hpp"
#include "sim/fit/queueing.hpp"
#include "sim/fit/span_fit.hpp"
#include "sim/logs/traffic_log.hpp"
#include "sim/spec.hpp"

namespace tenfold::cli {

namespace {

struct FitLine {
  std::string file;
  bool is_json = false;
};

struct PathCount {
  std::string path;
  std::uint64_t count = 0;
  double service_s = 0;  // the mean; 0 of none
};

// All that is known of a log, in every form in which it is told.
struct Description {
  std::string source;  // as it was asked for
  std::vector<std::string> notes;
  std::optional<sim::ArrivalFits> arrivals;
  std::optional<sim::SpanFits> service;
  std::optional<sim::SpanFits> alone;  // of the requests that came when no other was under way
  sim::Queueing queueing;
  std::vector<PathCount> paths;  // the most frequent first
  std::optional<sim::SpanFits> cold_starts;
  std::vector<std::string> commands;
};

// As a shell takes it.
std::string quoted(const std::string& text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,+@%";
  if (text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string made = "'";
  for (const char c : text) made += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return made + "'";
}

std::vector<PathCount> paths_of(const std::vector<sim::Arrival>& arrivals, const sim::ClassNames& names) {
  std::vector<PathCount> paths(names.all().size() + 1);
  for (std::size_t n = 0; n < names.all().size(); ++n) paths[n + 1].path = names.all()[n];
  for (const sim::Arrival& arrival : arrivals) {
    PathCount& path = paths[core::to_number(arrival.klass)];
    ++path.count;
    if (arrival.service) path.service_s += core::to_seconds(*arrival.service);
  }
  std::erase_if(paths, [](const PathCount& path) { return path.count == 0; });
  for (PathCount& path : paths) path.service_s /= static_cast<double>(path.count);
  std::ranges::stable_sort(paths, std::ranges::greater{}, &PathCount::count);
  return paths;
}

// The log itself, the workload that describes it, and settings for it.
std::vector<std::string> commands_of(const Description& known) {
  if (!known.arrivals) {
    return {"tenfold simulate --cold-start " + quoted(known.cold_starts->fits.front().spec)};
  }
  constexpr std::size_t kEnough = 30;  // requests to know a distribution by
  const bool is_better_alone = known.queueing.is_likely() && known.alone && known.alone->count >= kEnough;
  const auto& best = is_better_alone ? known.alone : known.service;
  const std::string service = best ? quoted(best->fits.front().spec) : "SPEC";
  const bool is_burst = known.arrivals->fits.front().spec.starts_with("burst");
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(known.arrivals->span);
  const std::string duration = is_burst ? "" : " --duration " + config::format_duration(seconds);
  // Times that hold waiting must not be waited for again.
  const bool is_as_logged = best && !is_better_alone;
  const std::string log = "log:" + known.source + (best && is_better_alone ? ",service=no" : "");
  const std::string as_logged = "--workload " + quoted(log) + (is_as_logged ? std::string{} : " --service " + service);
  const std::string fitted =
      fmt::format("--workload {} --service {}{}", quoted(known.arrivals->fits.front().spec), service, duration);
  return {"tenfold simulate " + as_logged, "tenfold simulate " + fitted,
          "tenfold tune " + as_logged + " --slo 'p95 wait < 500ms'"};
}

std::expected<Description, std::string> describe(const std::string& file) {
  sim::SpecReader spec{"fit", "log:" + file};
  const sim::LogSource source = sim::read_log_source(spec);
  if (const std::string wrong = spec.error(); !wrong.empty()) return std::unexpected(wrong);
  const auto log = sim::parse_log(source);
  if (!log) return std::unexpected(log.error());
  Description known{.source = file, .notes = log->notes(source)};
  if (!log->cold_starts.empty()) known.cold_starts = sim::fit_spans(log->cold_starts);
  if (!log->requests.empty()) {
    sim::ClassNames names;
    const std::vector<sim::Arrival> arrivals = sim::arrivals_of(*log, 1, names);
    known.arrivals = sim::fit_arrivals(arrivals);
    known.queueing = sim::find_queueing(arrivals);
    known.paths = paths_of(arrivals, names);
    std::vector<core::Duration> times;
    for (const sim::LoggedRequest& request : log->requests) {
      if (request.service != sim::LoggedRequest::kUntold) times.push_back(request.service);
    }
    if (!times.empty()) known.service = sim::fit_spans(std::move(times));
    if (known.queueing.is_likely() && !known.queueing.alone.empty()) known.alone = sim::fit_spans(known.queueing.alone);
  }
  known.commands = commands_of(known);
  return known;
}

// In words, how near a distribution is to so many values.
std::string_view quality(double distance, std::size_t count) {
  if (distance <= sim::usual_distance(count)) return "nothing speaks against it";
  if (distance <= 0.05) return "close";
  return distance <= 0.1 ? "rough" : "poor";
}

void print_arrivals(const sim::ArrivalFits& fits) {
  fmt::print("\nArrivals: {} in {:.4g} s, {:.4g} a second\n", fits.count, core::to_seconds(fits.span), fits.rate);
  if (fits.count > 2 && fits.interval_scv > 0)
    fmt::print("  squared coefficient of variation of what passes between two: {:.3g}\n", fits.interval_scv);
  if (!fits.dispersions.empty()) {
    std::vector<std::string> parts;
    parts.reserve(fits.dispersions.size());
    for (const sim::Dispersion& d : fits.dispersions)
      parts.push_back(fmt::format("{:.3g} ({})", d.index, config::format_duration(d.window)));
    fmt::print("  variance of their number in a time over its mean: {}; 1 where they are independent\n",
               fmt::join(parts, ", "));
  }
  for (const sim::ArrivalFit& fit : fits.fits) {
    fmt::print("  {} {}\n      distance {:.3f}, {}; {}\n", &fit == &fits.fits.front() ? "best" : " or ", fit.spec,
               fit.distance, quality(fit.distance, fits.count), fit.words);
  }
}

void print_spans(std::string_view what, const sim::SpanFits& fits) {
  constexpr std::size_t kMostShown = 4;
  fmt::print(
      "\n{}: {}; mean {:.4g} s, p50 {:.4g} s, p95 {:.4g} s, p99 {:.4g} s, squared coefficient of variation {:.3g}\n",
      what, fits.count, fits.mean_s, fits.p50_s, fits.p95_s, fits.p99_s, fits.scv);
  for (std::size_t i = 0; i < std::min(kMostShown, fits.fits.size()); ++i) {
    const sim::SpanFit& fit = fits.fits[i];
    fmt::print("  {} {:<44} distance {:.3f}, {}\n", i == 0 ? "best" : " or ", fit.spec, fit.distance,
               quality(fit.distance, fits.count));
  }
}

void print_queueing(const Description& known) {
  const sim::Queueing& queueing = known.queueing;
  fmt::print("  at most {} requests were under way at once, {:.3g} on average\n", queueing.most_at_once,
             queueing.mean_at_once);
  if (!queueing.is_likely()) return;
  fmt::print(
      "  They took longer the more were under way (correlation {:.2f}): these times hold waiting for each other at "
      "the\n"
      "  old server, and a simulation would let them wait again. What a request takes by itself is nearer to:\n",
      queueing.correlation);
  if (known.alone) print_spans("Service times of those that came alone", *known.alone);
}

void print_paths(const std::vector<PathCount>& paths) {
  constexpr std::size_t kMostShown = 5;
  if (paths.size() < 2) return;
  fmt::print("\nPaths: {}\n", paths.size());
  for (std::size_t i = 0; i < std::min(kMostShown, paths.size()); ++i) {
    const std::string mean = paths[i].service_s > 0 ? fmt::format(", {:.4g} s on average", paths[i].service_s) : "";
    fmt::print("  {:>9}  {}{}\n", paths[i].count, paths[i].path.empty() ? "(others)" : paths[i].path, mean);
  }
}

void print_text(const Description& known) {
  for (const std::string& note : known.notes) fmt::print("{}\n", note);
  if (known.arrivals) print_arrivals(*known.arrivals);
  if (known.service) {
    print_spans("Service times", *known.service);
    print_queueing(known);
  } else if (known.arrivals) {
    fmt::print("\nService times: the log has none, so there is nothing to fit: give --service\n");
  }
  if (known.cold_starts) {
    print_spans("Cold starts, until the container started", *known.cold_starts);
    fmt::print("  Until the replica is ready it takes longer, which is not logged.\n");
  }
  print_paths(known.paths);
  fmt::print("\nReady to run:\n");
  for (const std::string& command : known.commands) fmt::print("  {}\n", command);
}

boost::json::value to_value(const std::optional<sim::SpanFits>& fits) {
  if (!fits) return nullptr;
  boost::json::array all;
  for (const sim::SpanFit& fit : fits->fits) all.push_back({{"spec", fit.spec}, {"distance", fit.distance}});
  return boost::json::object{{"count", fits->count},
                             {"mean_s", fits->mean_s},
                             {"scv", fits->scv},
                             {"p50_s", fits->p50_s},
                             {"p95_s", fits->p95_s},
                             {"p99_s", fits->p99_s},
                             {"usual_distance", sim::usual_distance(fits->count)},
                             {"fits", std::move(all)}};
}

boost::json::value to_value(const std::optional<sim::ArrivalFits>& fits) {
  if (!fits) return nullptr;
  boost::json::array all;
  for (const sim::ArrivalFit& fit : fits->fits)
    all.push_back({{"spec", fit.spec}, {"distance", fit.distance}, {"words", fit.words}});
  boost::json::array dispersions;
  for (const sim::Dispersion& d : fits->dispersions)
    dispersions.push_back({{"window_s", core::to_seconds(d.window)}, {"index", d.index}, {"windows", d.windows}});
  return boost::json::object{{"count", fits->count},
                             {"span_s", core::to_seconds(fits->span)},
                             {"rate", fits->rate},
                             {"interval_scv", fits->interval_scv},
                             {"usual_distance", sim::usual_distance(fits->count)},
                             {"dispersions", std::move(dispersions)},
                             {"fits", std::move(all)}};
}

void print_json(const Description& known) {
  boost::json::array paths;
  for (const PathCount& path : known.paths)
    paths.push_back({{"path", path.path}, {"requests", path.count}, {"mean_service_s", path.service_s}});
  const boost::json::object made{{"notes", boost::json::value_from(known.notes)},
                                 {"arrivals", to_value(known.arrivals)},
                                 {"service", to_value(known.service)},
                                 {"queueing", boost::json::object{{"is_likely", known.queueing.is_likely()},
                                                                  {"most_at_once", known.queueing.most_at_once},
                                                                  {"mean_at_once", known.queueing.mean_at_once},
                                                                  {"correlation", known.queueing.correlation}}},
                                 {"service_alone", to_value(known.alone)},
                                 {"cold_starts", to_value(known.cold_starts)},
                                 {"paths", std::move(paths)},
                                 {"commands", boost::json::value_from(known.commands)}};
  fmt::print("{}\n", boost::json::serialize(made));
}

}  // namespace

void add_fit_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("fit", "tell which workload and service times describe a log of requests");
  auto line = std::make_shared<FitLine>();
  command->add_option("log", line->file, "a log, and what is known of it: FILE[,format=,at=,unit=,service=]")
      ->type_name("FILE")
      ->required();
  command->add_flag("--json", line->is_json, "print it as JSON");
  command->footer(
      R"(Access logs of nginx, Apache, gunicorn, HAProxy, Envoy and uvicorn, console and system logs of Azure Container Apps as
JSON or CSV, CSV and JSON of k6, Locust's stats history; gzip too. The format is recognised; format= says it: combined,
haproxy, envoy, uvicorn, k6-csv, k6-json, locust, azure-console, azure-system. at=end or at=arrival: what the logged
times are. unit=s, ms or us: of whole numbers at the lines' ends. service=no: its times are no service times.

  tenfold fit /var/log/nginx/access.log.1.gz)");
  command->callback([line, &exit_code] {
    const auto known = describe(line->file);
    if (!known) {
      fmt::print(stderr, "tenfold fit: {}\n", known.error());
      exit_code = 2;
    } else if (line->is_json) {
      print_json(*known);
    } else {
      print_text(*known);
    }
  });
}

}  // namespace tenfold::cli
