#include "sim/spans.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/portable_math.hpp"

namespace tenfold::sim {

namespace {

// No span is longer: so that now and one of them is still a time.
constexpr double kLongestNs = 1e18;  // 31 years

core::Duration to_duration(double ns) {
  return core::Duration{static_cast<core::Duration::rep>(std::llround(std::clamp(ns, 1.0, kLongestNs)))};
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

constexpr double kTiny = 1e-300;  // a draw of nothing at all has no logarithm

// The gamma function at x in (0, 171]: Stirling's series where it holds to the last digits, and below it by
// gamma(x) = gamma(x + 1) / x.
double gamma_function(double x) {
  constexpr double kSeries = 16;
  constexpr double kHalfLogTau = 0.91893853320467274178;
  double divisor = 1;
  for (; x < kSeries; ++x) divisor *= x;
  const double square = x * x;
  const double series = (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / (1680 * square)) / square) / square) / x;
  return core::portable_exp((x - 0.5) * core::portable_log(x) - x + kHalfLogTau + series) / divisor;
}

// Gamma with that shape and scale 1: Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS
// 26, 2000; below 1 by one of shape + 1 times U^(1/shape).
class Gamma {
 public:
  explicit Gamma(double shape)
      : shape_{shape}, d_{(shape < 1 ? shape + 1 : shape) - 1.0 / 3}, c_{1 / std::sqrt(9 * d_)} {}
  double operator()(Random& random) const {
    const double drawn = from_one(random);
    return shape_ >= 1 ? drawn : drawn * core::portable_exp(-random.exponential() / shape_);
  }

 private:
  double from_one(Random& random) const {
    for (;;) {
      const double x = random.normal();
      const double root = 1 + c_ * x;
      if (root <= 0) continue;
      const double v = root * root * root;
      // log U is minus an exponential.
      if (-random.exponential() < x * x / 2 + d_ - d_ * v + d_ * core::portable_log(std::max(v, kTiny))) return d_ * v;
    }
  }
  double shape_;
  double d_;
  double c_;
};

std::unique_ptr<Span> make_constant(SpecReader& spec) { return std::make_unique<Constant>(spec.duration("value")); }

std::unique_ptr<Span> make_exponential(SpecReader& spec) {
  return scaled(positive(spec, "mean"), [](Random& random) { return random.exponential(); });
}

std::unique_ptr<Span> make_lognormal(SpecReader& spec) {
  const core::Duration mean = positive(spec, "mean");
  const double variance = core::portable_log(1 + spec.number("scv", 1, 1e-6, 1e4));
  const double deviation = std::sqrt(variance);
  return scaled(mean, [=](Random& random) { return core::portable_exp(deviation * random.normal() - variance / 2); });
}

std::unique_ptr<Span> make_erlang(SpecReader& spec) {
  const core::Duration mean = positive(spec, "mean");
  const auto stages = static_cast<int>(spec.count("k", 2, 1, 1000));
  return scaled(mean, [stages](Random& random) {
    double sum = 0;
    for (int i = 0; i < stages; ++i) sum += random.exponential();
    return sum / stages;
  });
}

std::unique_ptr<Span> make_gamma(SpecReader& spec) {
  const core::Duration mean = positive(spec, "mean");
  const double shape = 1 / spec.number("scv", 0.5, 1e-3, 1e3);
  return scaled(mean, [shape, gamma = Gamma{shape}](Random& random) { return gamma(random) / shape; });
}

std::unique_ptr<Span> make_weibull(SpecReader& spec) {
  const core::Duration mean = positive(spec, "mean");
  const double shape = spec.number("k", 0.5, 0.1, 100);
  const double scale = 1 / gamma_function(1 + 1 / shape);
  return scaled(mean, [=](Random& random) {
    return scale * core::portable_exp(core::portable_log(std::max(random.exponential(), kTiny)) / shape);
  });
}

// The shares of a power: there is a mean from alpha 1 on, and a variance from 2 on.
std::unique_ptr<Span> make_pareto(SpecReader& spec) {
  const core::Duration mean = positive(spec, "mean");
  const double alpha = spec.number("alpha", 2.5, 1.01, 1000);
  const double least = (alpha - 1) / alpha;
  return scaled(mean, [=](Random& random) { return least * core::portable_exp(random.exponential() / alpha); });
}

// One of two exponentials, of which both carry half of the work.
std::unique_ptr<Span> make_hyperexponential(SpecReader& spec) {
  const core::Duration mean = positive(spec, "mean");
  const double scv = spec.number("scv", 4, 1, 1e6);
  const double share = (1 + std::sqrt((scv - 1) / (scv + 1))) / 2;
  return scaled(mean, [share](Random& random) {
    const double of_it = random.uniform() < share ? share : 1 - share;
    return random.exponential() / (2 * of_it);
  });
}

std::unique_ptr<Span> make_uniform(SpecReader& spec) {
  const core::Duration from = spec.duration("from");
  const core::Duration to = spec.duration("to");
  if (to < from) spec.fail("to lies before from");
  return std::make_unique<Uniform>(from, to);
}

std::unique_ptr<Span> make_bimodal(SpecReader& spec) {
  const core::Duration brief = positive(spec, "short");
  const core::Duration lengthy = positive(spec, "long");
  return std::make_unique<Bimodal>(brief, lengthy, spec.number("share", 0.8, 0, 1));
}

struct Kind {
  std::string_view name;
  std::unique_ptr<Span> (*make)(SpecReader& spec);
};
constexpr auto kKinds = std::to_array<Kind>({{"constant", make_constant},
                                             {"deterministic", make_constant},
                                             {"exponential", make_exponential},
                                             {"lognormal", make_lognormal},
                                             {"erlang", make_erlang},
                                             {"gamma", make_gamma},
                                             {"weibull", make_weibull},
                                             {"pareto", make_pareto},
                                             {"hyperexponential", make_hyperexponential},
                                             {"uniform", make_uniform},
                                             {"bimodal", make_bimodal}});

}  // namespace

std::unique_ptr<Span> make_span(SpecReader& spec, const std::vector<std::string_view>& others) {
  const auto kind = std::ranges::find(kKinds, spec.kind(), &Kind::name);
  if (kind != kKinds.end()) return kind->make(spec);
  std::vector<std::string_view> known;
  known.reserve(kKinds.size() + others.size());
  for (const Kind& each : kKinds) known.push_back(each.name);
  known.insert(known.end(), others.begin(), others.end());
  spec.unknown_kind(known);
  return nullptr;
}

std::string_view span_help() {
  return R"(  constant:100ms (or deterministic)      exponential:mean=500ms      lognormal:mean=1s,scv=4
  erlang:mean=1s,k=4                     gamma:mean=1s,scv=0.5       hyperexponential:mean=1s,scv=4
  weibull:mean=1s,k=0.5                  pareto:mean=1s,alpha=2.5    uniform:from=1s,to=3s
  bimodal:short=20ms,long=1s,share=0.8
)";
}

std::unique_ptr<Span> make_empirical_span(std::vector<core::Duration> values) {
  return std::make_unique<Empirical>(std::move(values));
}

}  // namespace tenfold::sim
