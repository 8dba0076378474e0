#include "sim/service_time.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/units.hpp"
#include "core/portable_math.hpp"
#include "sim/azure_trace.hpp"
#include "sim/journal_source.hpp"
#include "sim/logs/traffic_log.hpp"
#include "sim/spans.hpp"

namespace tenfold::sim {

namespace {

constexpr std::string_view kOption = "--service";
constexpr std::uint64_t kShuffleStream = 5;

// One distribution for all.
class Alike final : public ServiceTime {
 public:
  explicit Alike(std::unique_ptr<Span> span) : span_{std::move(span)} {}
  core::Duration draw(Arrival&, Random& random) override { return span_->draw(random); }
  core::Duration mean() const override { return span_->mean(); }

 private:
  std::unique_ptr<Span> span_;
};

// Classes of requests in exact proportions: blocks with so many of each, each block shuffled.
class Classes final : public ServiceTime {
 public:
  struct Class {
    core::RequestClass klass{};
    core::Duration service{};
    std::uint64_t count = 0;
  };
  Classes(std::vector<Class> classes, std::uint64_t seed)
      : classes_{std::move(classes)}, shuffle_{seed, kShuffleStream} {
    for (std::uint32_t k = 0; k < classes_.size(); ++k) block_.insert(block_.end(), classes_[k].count, k);
    next_ = block_.size();
  }
  core::Duration draw(Arrival& arrival, Random&) override {
    if (next_ == block_.size()) {
      shuffle_.shuffle(block_);
      next_ = 0;
    }
    const std::uint32_t k = block_[next_++];
    arrival.klass = classes_[k].klass;
    return classes_[k].service;
  }
  core::Duration mean() const override {
    core::Duration sum{};
    for (const Class& c : classes_) sum += c.service * static_cast<core::Duration::rep>(c.count);
    return sum / static_cast<core::Duration::rep>(block_.size());
  }

 private:
  std::vector<Class> classes_;
  Random shuffle_;
  std::vector<std::uint32_t> block_;
  std::size_t next_ = 0;
};

// What a live run measured or a log has, by class. A request without a class, or of one that the run has not seen, is
// as any of the run's; and one without takes over what it was.
class Recorded final : public ServiceTime {
 public:
  // Those with a service time; there must be one.
  explicit Recorded(const std::vector<Arrival>& arrivals) {
    double sum = 0;
    for (const Arrival& arrival : arrivals) {
      if (!arrival.service) continue;
      Sample sample{.klass = arrival.klass, .service = std::max(*arrival.service, core::Duration{1})};
      sum += static_cast<double>(sample.service.count());
      all_.push_back(sample);
      by_class_[arrival.klass].push_back(sample.service);
    }
    mean_ = core::Duration{static_cast<core::Duration::rep>(sum / static_cast<double>(all_.size()))};
  }
  core::Duration draw(Arrival& arrival, Random& random) override {
    const auto known = by_class_.find(arrival.klass);
    if (known != by_class_.end()) return known->second[random.below(known->second.size())];
    const Sample& sample = all_[random.below(all_.size())];
    if (arrival.klass == core::RequestClass{}) {
      arrival.klass = sample.klass;
    } else {
      unknown_.insert(arrival.klass);
    }
    return sample.service;
  }
  core::Duration mean() const override { return mean_; }
  std::vector<core::RequestClass> unknown_classes() const override { return {unknown_.begin(), unknown_.end()}; }

 private:
  struct Sample {
    core::RequestClass klass{};
    core::Duration service{};
  };
  std::unordered_map<core::RequestClass, std::vector<core::Duration>> by_class_;
  std::vector<Sample> all_;
  std::set<core::RequestClass> unknown_;
  core::Duration mean_{};
};

// Between the percentiles of its function, by Azure's dataset. A request of another class, or of none, is as any
// function's, each as often as it ran.
class ByFunction final : public ServiceTime {
 public:
  ByFunction(std::vector<AzureDurations> all, ClassNames& names) : all_{std::move(all)} {
    double sum_ms = 0;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      count_ += all_[i].count;
      until_.push_back(count_);
      Days& days = by_class_[names.number_of(all_[i].function)];
      days.count += all_[i].count;
      days.until.emplace_back(days.count, i);
      sum_ms += mean_ms(all_[i]) * static_cast<double>(all_[i].count);
    }
    mean_ = of_ms(sum_ms / static_cast<double>(count_));
  }
  core::Duration draw(Arrival& arrival, Random& random) override {
    const auto known = by_class_.find(arrival.klass);
    if (known != by_class_.end() && arrival.klass != core::RequestClass{}) {
      const Days& days = known->second;
      const auto day = std::ranges::upper_bound(days.until, random.below(days.count), {},
                                                [](const auto& entry) { return entry.first; });
      return of_ms(value_at(all_[day->second], random.uniform()));
    }
    if (arrival.klass != core::RequestClass{}) unknown_.insert(arrival.klass);
    const auto any = std::ranges::upper_bound(until_, random.below(count_));
    return of_ms(value_at(all_[static_cast<std::size_t>(any - until_.begin())], random.uniform()));
  }
  core::Duration mean() const override { return mean_; }
  std::vector<core::RequestClass> unknown_classes() const override { return {unknown_.begin(), unknown_.end()}; }

 private:
  // The entries of a function, one for each day: the number of runs up to and with it, and its place.
  struct Days {
    std::uint64_t count = 0;
    std::vector<std::pair<std::uint64_t, std::size_t>> until;
  };

  static constexpr double kNothingMs = 1e-6;

  static core::Duration of_ms(double ms) {
    return std::max(core::Duration{1}, core::Duration{static_cast<core::Duration::rep>(std::llround(ms * 1e6))});
  }
  // Between two percentiles durations grow by equal factors; from nothing, evenly.
  static double value_at(const AzureDurations& durations, double share) {
    const auto& points = durations.percentiles;
    std::size_t i = 1;
    while (i + 1 < points.size() && share >= points[i].share) ++i;
    const double way = (share - points[i - 1].share) / (points[i].share - points[i - 1].share);
    const double low = points[i - 1].ms;
    const double high = points[i].ms;
    return low < kNothingMs ? way * high : low * core::portable_exp(way * core::portable_log(high / low));
  }
  static double mean_ms(const AzureDurations& durations) {
    double mean = 0;
    for (std::size_t i = 1; i < durations.percentiles.size(); ++i) {
      const double low = durations.percentiles[i - 1].ms;
      const double high = durations.percentiles[i].ms;
      const bool is_even = low < kNothingMs || high < low * (1 + 1e-6);
      const double piece = is_even ? (low + high) / 2 : (high - low) / core::portable_log(high / low);
      mean += piece * (durations.percentiles[i].share - durations.percentiles[i - 1].share);
    }
    return mean;
  }

  std::vector<AzureDurations> all_;
  std::vector<std::uint64_t> until_;
  std::uint64_t count_ = 0;
  std::unordered_map<core::RequestClass, Days> by_class_;
  std::set<core::RequestClass> unknown_;
  core::Duration mean_{};
};

std::vector<Classes::Class> classes_of(SpecReader& spec, ClassNames& names) {
  constexpr std::uint64_t kMostInBlock = 1'000'000;
  spec.take_all();
  std::vector<Classes::Class> classes;
  for (const auto& [text, share] : spec.pairs()) {
    const auto service = config::parse_duration(text);
    const auto count = config::parse_count(share, 1, kMostInBlock);
    if (!service) spec.fail(service.error());
    if (!count) spec.fail(fmt::format("{}: {}", text, count.error()));
    classes.push_back({.klass = names.number_of(text),
                       .service = std::max(core::Duration{1}, service.value_or(core::Duration{})),
                       .count = count.value_or(1)});
  }
  if (classes.empty()) spec.fail("it needs kinds and how many of each: classes:20ms=80,1s=20");
  return classes;
}

std::unique_ptr<ServiceTime> recorded(SpecReader& spec, ClassNames& names) {
  spec.take_all();
  const auto recording = read_recording(spec.rest(), names);
  if (!recording) {
    spec.fail(recording.error());
    return nullptr;
  }
  const bool is_known =
      std::ranges::any_of(recording->arrivals, [](const Arrival& a) { return a.service.has_value(); });
  if (!is_known) {
    spec.fail("no request of the journal was answered, so it tells no service times");
    return nullptr;
  }
  return std::make_unique<Recorded>(recording->arrivals);
}

std::unique_ptr<ServiceTime> logged(SpecReader& spec, std::uint64_t seed, ClassNames& names) {
  const LogSource source = read_log_source(spec);
  if (!spec.error().empty()) return nullptr;
  const auto log = read_log(source);
  if (!log) spec.fail(log.error());
  if (log && (*log)->count_with_service() == 0) spec.fail("the log does not tell how long requests took");
  return spec.error().empty() ? std::make_unique<Recorded>(arrivals_of(**log, seed, names)) : nullptr;
}

std::unique_ptr<ServiceTime> of_azure(SpecReader& spec, ClassNames& names) {
  const auto source = read_azure_source(spec);
  if (!source) return nullptr;
  auto durations = parse_azure_durations(source->files, source->function);
  if (!durations) spec.fail(durations.error());
  return durations ? std::make_unique<ByFunction>(std::move(*durations), names) : nullptr;
}

std::unique_ptr<ServiceTime> make(SpecReader& spec, std::uint64_t seed, ClassNames& names) {
  if (spec.kind() == "classes") {
    std::vector<Classes::Class> classes = classes_of(spec, names);
    if (classes.empty()) return nullptr;
    return std::make_unique<Classes>(std::move(classes), seed);
  }
  if (spec.kind() == "journal") return recorded(spec, names);
  if (spec.kind() == "azure") return of_azure(spec, names);
  if (spec.kind() == "log") return logged(spec, seed, names);
  auto span = make_span(spec, {"classes", "azure", "journal", "log"});
  return span ? std::make_unique<Alike>(std::move(span)) : nullptr;
}

}  // namespace

std::expected<std::unique_ptr<ServiceTime>, std::string> make_service_time(std::string_view text, std::uint64_t seed,
                                                                           ClassNames* names) {
  SpecReader spec{kOption, text};
  ClassNames own;
  std::unique_ptr<ServiceTime> model = make(spec, seed, names ? *names : own);
  if (const std::string error = spec.error(); !error.empty()) return std::unexpected(error);
  return model;
}

std::string_view service_time_help() {
  return R"(  classes:20ms=80,1s=20                  kinds of requests in just these proportions, shuffled
  azure:FILE[,FILE...][,function=HASH]   Azure Functions 2019, percentiles of durations, by function
  journal:DIR                            as a live run measured, by class
  log:FILE                               as an access log has them, by path
)";
}

}  // namespace tenfold::sim
