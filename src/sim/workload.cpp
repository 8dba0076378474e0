#include "sim/workload.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/units.hpp"
#include "sim/arrivals.hpp"
#include "sim/azure_trace.hpp"
#include "sim/journal_source.hpp"
#include "sim/logs/traffic_log.hpp"
#include "sim/random.hpp"
#include "sim/spec.hpp"
#include "sim/trace.hpp"
#include "sim/varying_poisson.hpp"

namespace tenfold::sim {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kOption = "--workload";
constexpr std::uint64_t kStream = 1;
constexpr std::uint64_t kNoiseStream = 6;
constexpr std::uint64_t kModulationStream = 8;
constexpr std::uint64_t kBatchStream = 9;

// What every kind is made with.
struct Made {
  std::uint64_t seed = 1;
  double scale = 1;
  ClassNames& classes;

  Random random(std::uint64_t stream = kStream) const { return Random{seed, stream}; }
  std::uint64_t scaled(std::uint64_t count) const {
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(static_cast<double>(count) * scale)));
  }
};

// Nothing is made of a spec that is wrong: what its values stand for then means nothing.
template <class Kind, class... Arguments>
std::unique_ptr<Workload> made(SpecReader& spec, Arguments&&... arguments) {
  if (!spec.error().empty()) return nullptr;
  return std::make_unique<Kind>(std::forward<Arguments>(arguments)...);
}

std::unique_ptr<Workload> poisson(std::unique_ptr<RateCurve> curve, const Made& with) {
  return std::make_unique<VaryingPoisson>(std::move(curve), with.random(), with.scale);
}

core::Duration positive(SpecReader& spec, std::string_view key, core::Duration otherwise) {
  const core::Duration span = spec.duration(key, otherwise);
  if (span <= 0s) spec.fail(std::string{key} + " must be above zero");
  return span;
}

std::unique_ptr<Workload> make_burst(SpecReader& spec, const Made& with) {
  constexpr std::uint64_t kMost = 1'000'000'000;
  Burst::Shape shape;
  shape.size = with.scaled(spec.count("n", 100, 1, kMost));
  shape.at = spec.duration("at", 0s);
  shape.within = spec.duration("within", 0s);
  const bool repeats = spec.has("every");
  shape.every = positive(spec, "every", 60s);
  if (spec.has("times")) {
    shape.times = spec.count("times", 1, 1, kMost);
  } else if (repeats) {
    shape.times = std::nullopt;
  }
  if (shape.times != 1 && shape.within > shape.every) spec.fail("a burst is longer than every=: they would overlap");
  return made<Burst>(spec, shape, with.random());
}

std::unique_ptr<Workload> make_constant(SpecReader& spec, const Made& with) {
  if (spec.has("interval")) {
    const core::Duration interval = positive(spec, "interval", 1s);
    return made<Constant>(spec, static_cast<double>(interval.count()) / with.scale);
  }
  const double rate = spec.rate("rate");
  return made<Constant>(spec, 1e9 / rate / with.scale);
}

std::unique_ptr<Workload> make_poisson(SpecReader& spec, const Made& with) {
  const double rate = spec.rate("rate");
  return spec.error().empty() ? poisson(make_steady_curve(rate), with) : nullptr;
}

std::vector<double> rates_of(SpecReader& spec) {
  std::vector<double> rates;
  std::string text = spec.text("rates", "");
  // 900/min/60/min is read as rates and their units: a part that is no number belongs to the one before.
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = std::min(text.find('/', begin), text.size());
    if (end + 1 < text.size() && std::isalpha(static_cast<unsigned char>(text[end + 1])) != 0) {
      end = std::min(text.find('/', end + 1), text.size());
    }
    const auto rate = parse_rate(std::string_view{text}.substr(begin, end - begin));
    if (!rate) spec.fail("rates: write them as 5/20/5, per second");
    rates.push_back(rate.value_or(0));
    begin = end + 1;
  }
  if (rates.empty() || std::ranges::max(rates) <= 0) spec.fail("it needs rates=5/20/5, one of them above zero");
  return rates;
}

std::unique_ptr<Workload> make_steps(SpecReader& spec, const Made& with) {
  const std::vector<double> rates = rates_of(spec);
  const core::Duration every = positive(spec, "every", 60s);
  if (!spec.error().empty()) return nullptr;
  std::vector<RatePiece> pieces;
  pieces.reserve(rates.size());
  for (const double rate : rates) pieces.push_back({.length = every, .from = rate, .to = rate});
  return poisson(make_cycle_curve(std::move(pieces)), with);
}

// A duration for each of `rates`, or one for all.
std::vector<core::Duration> stays_of(SpecReader& spec, std::size_t count) {
  const std::string text = spec.text("stay", "60s");
  std::vector<core::Duration> stays;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    const auto stay = config::parse_duration(std::string_view{text}.substr(begin, end - begin));
    if (!stay) spec.fail("stay: " + stay.error());
    if (stay && *stay <= 0s) spec.fail("stay must be above zero");
    stays.push_back(stay.value_or(1s));
    begin = end + 1;
  }
  if (stays.size() == 1) stays.resize(count, stays.front());
  if (stays.size() != count) spec.fail("stay: as many as there are rates, or one");
  return stays;
}

std::unique_ptr<Workload> make_mmpp(SpecReader& spec, const Made& with) {
  const std::vector<double> rates = rates_of(spec);
  const std::vector<core::Duration> stays = stays_of(spec, rates.size());
  if (rates.size() < 2) spec.fail("it needs two rates or more: rates=5/50");
  if (!spec.error().empty()) return nullptr;
  std::vector<RateState> states;
  states.reserve(rates.size());
  for (std::size_t i = 0; i < rates.size(); ++i) states.push_back({.rate = rates[i], .mean_stay = stays[i]});
  return poisson(make_modulated_curve(std::move(states), with.random(kModulationStream)), with);
}

std::unique_ptr<Workload> make_batches(SpecReader& spec, const Made& with) {
  constexpr std::uint64_t kMost = 1'000'000;
  const double rate = spec.rate("rate");
  const std::string sizes = spec.text("sizes", "constant");
  const double size = sizes == "geometric" ? spec.number("size", 10, 1, static_cast<double>(kMost))
                                           : static_cast<double>(spec.count("size", 10, 1, kMost));
  if (sizes != "geometric" && sizes != "constant") spec.fail("sizes: constant or geometric");
  if (!spec.error().empty()) return nullptr;
  return made<Batches>(spec, poisson(make_steady_curve(rate), with), size, sizes == "geometric",
                       with.random(kBatchStream));
}

std::unique_ptr<Workload> make_closed(SpecReader& spec, const Made& with) {
  constexpr std::uint32_t kMost = 1'000'000;
  ClosedLoop::Shape shape;
  shape.clients =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(kMost, with.scaled(spec.count("clients", 10, 1, kMost))));
  const std::string think = spec.text("think", "1s");
  // A time alone is a mean.
  SpecReader span{"think", think.find(':') == std::string::npos ? "exponential:" + think : think};
  shape.think = make_span(span);
  if (!span.error().empty()) spec.fail(span.error());
  shape.retries = static_cast<std::uint32_t>(spec.count("retries", 0, 0, 1000));
  shape.pause = spec.duration("pause", 1s);
  if (shape.pause > 1h) spec.fail("pause: an hour at most");
  return made<ClosedLoop>(spec, shape, with.random());
}

std::unique_ptr<Workload> make_ramp(SpecReader& spec, const Made& with) {
  const double from = spec.rate("from", 0);
  const double to = spec.rate("to", 0);
  const core::Duration over = positive(spec, "over", 300s);
  if (from + to <= 0) spec.fail("from= and to= are both zero: nobody would come");
  return spec.error().empty() ? poisson(make_ramp_curve(from, to, over), with) : nullptr;
}

std::unique_ptr<Workload> make_onoff(SpecReader& spec, const Made& with) {
  const double rate = spec.rate("rate");
  const core::Duration on = positive(spec, "on", 30s);
  const core::Duration off = positive(spec, "off", 30s);
  const double off_rate = spec.rate("off-rate", 0);
  if (!spec.error().empty()) return nullptr;
  return poisson(
      make_cycle_curve({{.length = on, .from = rate, .to = rate}, {.length = off, .from = off_rate, .to = off_rate}}),
      with);
}

std::unique_ptr<Workload> make_diurnal(SpecReader& spec, const Made& with) {
  DayShape shape;
  shape.mean = spec.rate("mean");
  shape.amplitude = spec.number("amplitude", 0.8, 0, 1);
  shape.period = positive(spec, "period", 24h);
  shape.noise = spec.number("noise", 0.2, 0, 2);
  return spec.error().empty() ? poisson(make_day_curve(shape, with.random(kNoiseStream)), with) : nullptr;
}

std::unique_ptr<Workload> listed(std::vector<Arrival> arrivals, const Made& with,
                                 std::optional<core::Duration> offset = std::nullopt) {
  if (with.scale != 1) arrivals = multiplied(arrivals, with.scale, with.random());
  return std::make_unique<Listed>(std::move(arrivals), offset);
}

std::unique_ptr<Workload> make_trace(SpecReader& spec, const Made& with) {
  spec.take_all();
  auto trace = read_trace(spec.rest(), with.classes);
  if (!trace) {
    spec.fail(trace.error());
    return nullptr;
  }
  auto workload = listed(std::move(trace->arrivals), with);
  workload->notes = std::move(trace->notes);
  return workload;
}

std::unique_ptr<Workload> make_azure(SpecReader& spec, const Made& with) {
  const auto source = read_azure_source(spec);
  if (!source) return nullptr;
  auto counts = parse_azure_counts(source->files, source->function, with.classes);
  if (!counts) {
    spec.fail(counts.error());
    return nullptr;
  }
  Random random = with.random(kBatchStream);
  if (with.scale != 1) multiply(counts->minutes, with.scale, random);
  auto workload = std::make_unique<PerMinute>(std::move(counts->minutes), with.random());
  workload->notes = std::move(counts->notes);
  return workload;
}

std::unique_ptr<Workload> make_recorded(SpecReader& spec, const Made& with) {
  spec.take_all();
  const auto meant = parse_journal_spec(spec.rest());
  auto recording = meant ? read_recording(*meant, with.classes) : std::unexpected(meant.error());
  if (!recording) spec.fail(recording.error());
  return recording ? listed(std::move(recording->arrivals), with, recording->offset) : nullptr;
}

std::unique_ptr<Workload> make_logged(SpecReader& spec, const Made& with) {
  const LogSource source = read_log_source(spec);
  if (!spec.error().empty()) return nullptr;
  const auto log = read_log(source);
  if (!log) {
    spec.fail(log.error());
    return nullptr;
  }
  if ((*log)->requests.empty()) {
    spec.fail(fmt::format("{} tells of replicas, not of requests; `tenfold fit` tells their cold starts", source.file));
    return nullptr;
  }
  auto workload = listed(arrivals_of(**log, with.seed, with.classes), with);
  workload->notes = (*log)->notes(source);
  workload->wants_service = (*log)->count_with_service() == 0;
  return workload;
}

struct Kind {
  std::string_view name;
  std::unique_ptr<Workload> (*make)(SpecReader& spec, const Made& with);
};
constexpr auto kKinds = std::to_array<Kind>({{"burst", make_burst},
                                             {"constant", make_constant},
                                             {"poisson", make_poisson},
                                             {"steps", make_steps},
                                             {"ramp", make_ramp},
                                             {"onoff", make_onoff},
                                             {"diurnal", make_diurnal},
                                             {"mmpp", make_mmpp},
                                             {"batches", make_batches},
                                             {"closed", make_closed},
                                             {"trace", make_trace},
                                             {"azure", make_azure},
                                             {"journal", make_recorded},
                                             {"log", make_logged}});

std::unique_ptr<Workload> make(SpecReader& spec, const Made& with) {
  const auto kind = std::ranges::find(kKinds, spec.kind(), &Kind::name);
  if (kind != kKinds.end()) return kind->make(spec, with);
  std::vector<std::string_view> names;
  names.reserve(kKinds.size());
  for (const Kind& known : kKinds) names.push_back(known.name);
  spec.unknown_kind(names);
  return nullptr;
}

}  // namespace

std::expected<std::unique_ptr<Workload>, std::string> make_workload(std::string_view text, std::uint64_t seed,
                                                                    const WorkloadOptions& options) {
  SpecReader spec{kOption, text};
  ClassNames own;
  std::unique_ptr<Workload> workload =
      make(spec, {.seed = seed, .scale = options.rate_scale, .classes = options.classes ? *options.classes : own});
  if (const std::string error = spec.error(); !error.empty()) return std::unexpected(error);
  return workload;
}

std::string_view workload_help() {
  return R"(  burst:n=100[,at=0s,within=0s,every=60s,times=3]   all at once, or at random within a time; once, or again and again
  constant:rate=15 | constant:interval=100ms        one after the other
  poisson:rate=15                                   independent of each other
  steps:rates=5/20/5,every=60s                      Poisson, one rate after the other, over and over
  ramp:from=1,to=50,over=300s                       Poisson, growing or falling, then steady
  onoff:rate=40,on=30s,off=60s[,off-rate=0]         Poisson, on and off
  diurnal:mean=10[,amplitude=0.8,period=24h,noise=0.2]  Poisson, a sine; noise varies each minute by a factor
  mmpp:rates=5/50[,stay=60s/10s]                    Poisson, at a rate that changes at random
  batches:rate=2[,size=10,sizes=geometric]          Poisson, several at once
  closed:clients=20[,think=1s,retries=3,pause=1s]   clients who think, ask, wait for the answer, and think again
  trace:FILE                                        CSV: t [seconds or ISO 8601][, service][, class]
  azure:FILE[,FILE...][,function=HASH]              Azure Functions 2019, invocations per minute, a file for each day
  journal:DIR[,skip=0s][,for=TIME]                  a live run's arrivals and service times, as they were
  log:FILE[,format=,at=end,unit=us,service=no]      an access log's, of nginx, Apache, HAProxy, Envoy, uvicorn, gunicorn,
                                                    Azure Container Apps, k6 or Locust; gzip too
)";
}

}  // namespace tenfold::sim
