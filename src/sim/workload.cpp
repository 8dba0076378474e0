#include "sim/workload.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "sim/journal_source.hpp"
#include "sim/random.hpp"
#include "sim/scatter.hpp"
#include "sim/spec.hpp"
#include "sim/trace.hpp"
#include "sim/varying_poisson.hpp"

namespace tenfold::sim {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kOption = "--workload";
constexpr std::uint64_t kStream = 1;
constexpr std::uint64_t kNoiseStream = 6;

// Arrivals that are all known, in the order of their times.
class Listed final : public Workload {
 public:
  explicit Listed(std::vector<Arrival> arrivals) : arrivals_{std::move(arrivals)} {}
  std::optional<Arrival> next() override {
    return next_ < arrivals_.size() ? std::optional{arrivals_[next_++]} : std::nullopt;
  }
  std::optional<std::uint64_t> total() const override { return arrivals_.size(); }

 private:
  std::vector<Arrival> arrivals_;
  std::size_t next_ = 0;
};

class Constant final : public Workload {
 public:
  explicit Constant(double interval_ns) : interval_ns_{interval_ns} {}
  std::optional<Arrival> next() override {
    const double ns = static_cast<double>(count_++) * interval_ns_;
    return Arrival{.at = core::TimePoint{core::Duration{static_cast<core::Duration::rep>(std::floor(ns + 0.5))}}};
  }

 private:
  double interval_ns_;
  std::uint64_t count_ = 0;
};

class Burst final : public Workload {
 public:
  struct Shape {
    std::uint64_t size = 100;
    core::Duration at{};
    core::Duration within{};
    core::Duration every{};
    std::optional<std::uint64_t> times = 1;  // nothing: again and again
  };
  Burst(const Shape& shape, std::uint64_t seed) : shape_{shape}, random_{seed, kStream} {}

  std::optional<Arrival> next() override {
    if (burst_.left() == 0) {
      if (shape_.times && begun_ == *shape_.times) return std::nullopt;
      const core::Duration begin = shape_.at + shape_.every * static_cast<core::Duration::rep>(begun_++);
      burst_ = Scatter{shape_.size, core::TimePoint{begin}, shape_.within};
    }
    return Arrival{.at = burst_.next(random_)};
  }
  std::optional<std::uint64_t> total() const override {
    return shape_.times ? std::optional{shape_.size * *shape_.times} : std::nullopt;
  }

 private:
  Shape shape_;
  Random random_;
  Scatter burst_;
  std::uint64_t begun_ = 0;
};

// So many in each minute, at random within it.
class PerMinute final : public Workload {
 public:
  PerMinute(std::vector<std::uint64_t> counts, std::uint64_t seed)
      : counts_{std::move(counts)}, random_{seed, kStream} {}

  std::optional<Arrival> next() override {
    while (minute_.left() == 0) {
      if (begun_ == counts_.size()) return std::nullopt;
      const core::TimePoint begin{std::chrono::minutes{static_cast<std::int64_t>(begun_)}};
      minute_ = Scatter{counts_[begun_++], begin, 1min};
    }
    return Arrival{.at = minute_.next(random_)};
  }
  std::optional<std::uint64_t> total() const override {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
  }

 private:
  std::vector<std::uint64_t> counts_;
  Random random_;
  Scatter minute_;
  std::size_t begun_ = 0;
};

// Nothing is made of a spec that is wrong: what its values stand for then means nothing.
template <class Made, class... Arguments>
std::unique_ptr<Workload> made(SpecReader& spec, Arguments&&... arguments) {
  if (!spec.error().empty()) return nullptr;
  return std::make_unique<Made>(std::forward<Arguments>(arguments)...);
}

std::unique_ptr<Workload> poisson(std::unique_ptr<RateCurve> curve, std::uint64_t seed) {
  return std::make_unique<VaryingPoisson>(std::move(curve), Random{seed, kStream});
}

core::Duration positive(SpecReader& spec, std::string_view key, core::Duration otherwise) {
  const core::Duration span = spec.duration(key, otherwise);
  if (span <= 0s) spec.fail(std::string{key} + " must be above zero");
  return span;
}

std::unique_ptr<Workload> make_burst(SpecReader& spec, std::uint64_t seed) {
  constexpr std::uint64_t kMost = 1'000'000'000;
  Burst::Shape shape;
  shape.size = spec.count("n", 100, 1);
  shape.at = spec.duration("at", 0s);
  shape.within = spec.duration("within", 0s);
  const bool repeats = spec.has("every");
  shape.every = positive(spec, "every", 60s);
  if (spec.has("times")) {
    shape.times = spec.count("times", 1, 1);
  } else if (repeats) {
    shape.times = std::nullopt;
  }
  if (shape.size > kMost || shape.times.value_or(1) > kMost) spec.fail("more than a billion of them");
  if (shape.times != 1 && shape.within > shape.every) spec.fail("a burst is longer than every=: they would overlap");
  return made<Burst>(spec, shape, seed);
}

std::unique_ptr<Workload> make_constant(SpecReader& spec, std::uint64_t) {
  if (spec.has("interval")) {
    const core::Duration interval = positive(spec, "interval", 1s);
    return made<Constant>(spec, static_cast<double>(interval.count()));
  }
  const double rate = spec.rate("rate");
  return made<Constant>(spec, 1e9 / rate);
}

std::unique_ptr<Workload> make_poisson(SpecReader& spec, std::uint64_t seed) {
  const double rate = spec.rate("rate");
  return spec.error().empty() ? poisson(make_steady_curve(rate), seed) : nullptr;
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

std::unique_ptr<Workload> make_steps(SpecReader& spec, std::uint64_t seed) {
  const std::vector<double> rates = rates_of(spec);
  const core::Duration every = positive(spec, "every", 60s);
  if (!spec.error().empty()) return nullptr;
  std::vector<RatePiece> pieces;
  pieces.reserve(rates.size());
  for (const double rate : rates) pieces.push_back({.length = every, .from = rate, .to = rate});
  return poisson(make_cycle_curve(std::move(pieces)), seed);
}

std::unique_ptr<Workload> make_ramp(SpecReader& spec, std::uint64_t seed) {
  const double from = spec.rate("from", 0);
  const double to = spec.rate("to", 0);
  const core::Duration over = positive(spec, "over", 300s);
  if (from + to <= 0) spec.fail("from= and to= are both zero: nobody would come");
  return spec.error().empty() ? poisson(make_ramp_curve(from, to, over), seed) : nullptr;
}

std::unique_ptr<Workload> make_onoff(SpecReader& spec, std::uint64_t seed) {
  const double rate = spec.rate("rate");
  const core::Duration on = positive(spec, "on", 30s);
  const core::Duration off = positive(spec, "off", 30s);
  const double off_rate = spec.rate("off-rate", 0);
  if (!spec.error().empty()) return nullptr;
  return poisson(
      make_cycle_curve({{.length = on, .from = rate, .to = rate}, {.length = off, .from = off_rate, .to = off_rate}}),
      seed);
}

std::unique_ptr<Workload> make_diurnal(SpecReader& spec, std::uint64_t seed) {
  DayShape shape;
  shape.mean = spec.rate("mean");
  shape.amplitude = spec.number("amplitude", 0.8, 0, 1);
  shape.period = positive(spec, "period", 24h);
  shape.noise = spec.number("noise", 0.2, 0, 2);
  return spec.error().empty() ? poisson(make_day_curve(shape, Random{seed, kNoiseStream}), seed) : nullptr;
}

std::unique_ptr<Workload> listed(SpecReader& spec, std::expected<std::vector<Arrival>, std::string>&& arrivals) {
  if (!arrivals) spec.fail(arrivals.error());
  return arrivals ? std::make_unique<Listed>(std::move(*arrivals)) : nullptr;
}

std::unique_ptr<Workload> make_trace(SpecReader& spec, std::uint64_t) {
  spec.take_all();
  return listed(spec, read_trace(spec.rest()));
}

std::unique_ptr<Workload> make_azure(SpecReader& spec, std::uint64_t seed) {
  const std::string file = spec.text("file", "");
  const std::string function = spec.text("function", "");
  if (!spec.error().empty()) return nullptr;
  auto counts = read_azure_counts(file, function);
  if (!counts) spec.fail(counts.error());
  return counts ? std::make_unique<PerMinute>(std::move(*counts), seed) : nullptr;
}

std::unique_ptr<Workload> make_recorded(SpecReader& spec, std::uint64_t) {
  spec.take_all();
  auto recording = read_recording(spec.rest());
  if (!recording) spec.fail(recording.error());
  return recording ? std::make_unique<Listed>(std::move(recording->arrivals)) : nullptr;
}

struct Kind {
  std::string_view name;
  std::unique_ptr<Workload> (*make)(SpecReader& spec, std::uint64_t seed);
};
constexpr std::array<Kind, 10> kKinds{{{"burst", make_burst},
                                       {"constant", make_constant},
                                       {"poisson", make_poisson},
                                       {"steps", make_steps},
                                       {"ramp", make_ramp},
                                       {"onoff", make_onoff},
                                       {"diurnal", make_diurnal},
                                       {"trace", make_trace},
                                       {"azure", make_azure},
                                       {"journal", make_recorded}}};

std::unique_ptr<Workload> make(SpecReader& spec, std::uint64_t seed) {
  const auto kind = std::ranges::find(kKinds, spec.kind(), &Kind::name);
  if (kind != kKinds.end()) return kind->make(spec, seed);
  std::vector<std::string_view> names;
  names.reserve(kKinds.size());
  for (const Kind& known : kKinds) names.push_back(known.name);
  spec.unknown_kind(names);
  return nullptr;
}

}  // namespace

std::expected<std::unique_ptr<Workload>, std::string> make_workload(std::string_view text, std::uint64_t seed) {
  SpecReader spec{kOption, text};
  std::unique_ptr<Workload> workload = make(spec, seed);
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
  trace:FILE                                        CSV: t [seconds or ISO 8601][, service][, class]
  azure:FILE[,function=HASH]                        Azure Functions 2019, invocations per minute
  journal:DIR                                       a live run's arrivals and service times, as they were
)";
}

}  // namespace tenfold::sim
