#include "sim/service_time.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/units.hpp"
#include "sim/journal_source.hpp"
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
    core::Duration service{};
    std::uint64_t count = 0;
  };
  Classes(std::vector<Class> classes, std::uint64_t seed)
      : classes_{std::move(classes)}, shuffle_{seed, kShuffleStream} {
    for (std::uint32_t k = 0; k < classes_.size(); ++k) block_.insert(block_.end(), classes_[k].count, k);
    next_ = block_.size();
  }
  core::Duration draw(Arrival& arrival, Random&) override {
    if (next_ == block_.size()) shuffle();
    const std::uint32_t k = block_[next_++];
    arrival.klass = core::RequestClass{k + 1};
    return classes_[k].service;
  }
  core::Duration mean() const override {
    core::Duration sum{};
    for (const Class& c : classes_) sum += c.service * static_cast<core::Duration::rep>(c.count);
    return sum / static_cast<core::Duration::rep>(block_.size());
  }

 private:
  // Fisher and Yates.
  void shuffle() {
    for (std::size_t i = block_.size() - 1; i > 0; --i) std::swap(block_[i], block_[shuffle_.below(i + 1)]);
    next_ = 0;
  }

  std::vector<Class> classes_;
  Random shuffle_;
  std::vector<std::uint32_t> block_;
  std::size_t next_ = 0;
};

// What a live run measured, by class. A request without a class, or of one that the run has not seen, is as any of the
// run's; and one without takes over what it was.
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
    if (arrival.klass == core::RequestClass{}) arrival.klass = sample.klass;
    return sample.service;
  }
  core::Duration mean() const override { return mean_; }

 private:
  struct Sample {
    core::RequestClass klass{};
    core::Duration service{};
  };
  std::unordered_map<core::RequestClass, std::vector<core::Duration>> by_class_;
  std::vector<Sample> all_;
  core::Duration mean_{};
};

std::vector<Classes::Class> classes_of(SpecReader& spec) {
  constexpr std::uint64_t kMostInBlock = 1'000'000;
  spec.take_all();
  std::vector<Classes::Class> classes;
  for (const auto& [text, share] : spec.pairs()) {
    const auto service = config::parse_duration(text);
    const auto count = config::parse_count(share, 1, kMostInBlock);
    if (!service) spec.fail(service.error());
    if (!count) spec.fail(fmt::format("{}: {}", text, count.error()));
    classes.push_back(
        {.service = std::max(core::Duration{1}, service.value_or(core::Duration{})), .count = count.value_or(1)});
  }
  if (classes.empty()) spec.fail("it needs kinds and how many of each: classes:20ms=80,1s=20");
  return classes;
}

std::unique_ptr<ServiceTime> recorded(SpecReader& spec) {
  spec.take_all();
  const auto recording = read_recording(spec.rest());
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

std::unique_ptr<ServiceTime> make(SpecReader& spec, std::uint64_t seed) {
  if (spec.kind() == "classes") {
    std::vector<Classes::Class> classes = classes_of(spec);
    if (classes.empty()) return nullptr;
    return std::make_unique<Classes>(std::move(classes), seed);
  }
  if (spec.kind() == "journal") return recorded(spec);
  if (auto span = make_span(spec)) return std::make_unique<Alike>(std::move(span));
  spec.unknown_kind(
      {"constant", "deterministic", "exponential", "lognormal", "erlang", "uniform", "bimodal", "classes", "journal"});
  return nullptr;
}

}  // namespace

std::expected<std::unique_ptr<ServiceTime>, std::string> make_service_time(std::string_view text, std::uint64_t seed) {
  SpecReader spec{kOption, text};
  std::unique_ptr<ServiceTime> model = make(spec, seed);
  if (const std::string error = spec.error(); !error.empty()) return std::unexpected(error);
  return model;
}

std::string_view service_time_help() {
  return R"(  constant:100ms (or deterministic)      exponential:mean=500ms      lognormal:mean=1s,scv=4
  erlang:mean=1s,k=4                     uniform:from=1s,to=3s       bimodal:short=20ms,long=1s,share=0.8
  classes:20ms=80,1s=20                  kinds of requests in just these proportions, shuffled
  journal:DIR                            as a live run measured, by class
)";
}

}  // namespace tenfold::sim
