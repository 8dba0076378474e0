#include "sim/spans.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/portable_math.hpp"

namespace tenfold::sim {

namespace {

core::Duration to_duration(double ns) {
  return core::Duration{static_cast<core::Duration::rep>(std::llround(std::clamp(ns, 1.0, 9e18)))};
}
double to_ns(core::Duration span) { return static_cast<double>(span.count()); }

class Constant final : public Span {
 public:
  explicit Constant(core::Duration value) : value_{std::max(value, core::Duration{1})} {}
  core::Duration draw(Random&) const override { return value_; }
  core::Duration mean() const override { return value_; }

 private:
  core::Duration value_;
};

// A mean times draws of mean 1.
template <class Shape>
class Scaled final : public Span {
 public:
  Scaled(core::Duration mean, Shape shape) : mean_{mean}, shape_{shape} {}
  core::Duration draw(Random& random) const override { return to_duration(to_ns(mean_) * shape_(random)); }
  core::Duration mean() const override { return mean_; }

 private:
  core::Duration mean_;
  Shape shape_;
};
template <class Shape>
std::unique_ptr<Span> scaled(core::Duration mean, Shape shape) {
  return std::make_unique<Scaled<Shape>>(mean, shape);
}

class Uniform final : public Span {
 public:
  Uniform(core::Duration from, core::Duration to) : from_{from}, to_{to} {}
  core::Duration draw(Random& random) const override {
    return to_duration(to_ns(from_) + random.uniform() * to_ns(to_ - from_));
  }
  core::Duration mean() const override { return (from_ + to_) / 2; }

 private:
  core::Duration from_;
  core::Duration to_;
};

class Bimodal final : public Span {
 public:
  Bimodal(core::Duration brief, core::Duration lengthy, double share)
      : brief_{brief}, lengthy_{lengthy}, share_{share} {}
  core::Duration draw(Random& random) const override { return random.uniform() < share_ ? brief_ : lengthy_; }
  core::Duration mean() const override { return to_duration(share_ * to_ns(brief_) + (1 - share_) * to_ns(lengthy_)); }

 private:
  core::Duration brief_;
  core::Duration lengthy_;
  double share_;
};

class Empirical final : public Span {
 public:
  explicit Empirical(std::vector<core::Duration> values) : values_{std::move(values)} {}
  core::Duration draw(Random& random) const override {
    return std::max(core::Duration{1}, values_[static_cast<std::size_t>(random.below(values_.size()))]);
  }
  core::Duration mean() const override {
    double sum = 0;
    for (const core::Duration value : values_) sum += to_ns(value);
    return to_duration(sum / static_cast<double>(values_.size()));
  }

 private:
  std::vector<core::Duration> values_;
};

core::Duration positive(SpecReader& spec, std::string_view key) {
  const core::Duration value = spec.duration(key);
  if (value <= core::Duration::zero()) spec.fail(std::string{key} + " must be above zero");
  return value;
}

}  // namespace

std::unique_ptr<Span> make_span(SpecReader& spec) {
  const std::string& kind = spec.kind();
  if (kind == "constant" || kind == "deterministic") return std::make_unique<Constant>(spec.duration("value"));
  if (kind == "exponential") {
    return scaled(positive(spec, "mean"), [](Random& random) { return random.exponential(); });
  }
  if (kind == "lognormal") {
    const core::Duration mean = positive(spec, "mean");
    const double variance = core::portable_log(1 + spec.number("scv", 1, 1e-6, 1e4));
    const double deviation = std::sqrt(variance);
    return scaled(mean, [=](Random& random) { return core::portable_exp(deviation * random.normal() - variance / 2); });
  }
  if (kind == "erlang") {
    const core::Duration mean = positive(spec, "mean");
    const auto stages = static_cast<int>(spec.number("k", 2, 1, 1000));
    return scaled(mean, [stages](Random& random) {
      double sum = 0;
      for (int i = 0; i < stages; ++i) sum += random.exponential();
      return sum / stages;
    });
  }
  if (kind == "uniform") {
    const core::Duration from = spec.duration("from");
    const core::Duration to = spec.duration("to");
    if (to < from) spec.fail("to lies before from");
    return std::make_unique<Uniform>(from, to);
  }
  if (kind == "bimodal") {
    const core::Duration brief = positive(spec, "short");
    const core::Duration lengthy = positive(spec, "long");
    return std::make_unique<Bimodal>(brief, lengthy, spec.number("share", 0.8, 0, 1));
  }
  return nullptr;
}

std::unique_ptr<Span> make_empirical_span(std::vector<core::Duration> values) {
  return std::make_unique<Empirical>(std::move(values));
}

}  // namespace tenfold::sim
