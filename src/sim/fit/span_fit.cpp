#include "sim/fit/span_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "config/units.hpp"
#include "sim/fit/special_functions.hpp"

namespace tenfold::sim {

namespace {

using namespace std::chrono_literals;

// Enough to know a distribution's parameters by.
constexpr std::size_t kMostThinned = 20'000;

// The times in seconds, in order, with what all fits want of them.
struct Times {
  std::vector<double> sorted;
  double resolution = 0;  // the unit that they were rounded to
  double mean = 0;
  double variance = 0;
  std::vector<double> logs;  // of some of them, evenly chosen
  double mean_log = 0;

  double at(double share) const {
    const auto n = static_cast<double>(sorted.size());
    const auto rank = static_cast<std::size_t>(std::max(0.0, std::ceil(share * n - 1e-9) - 1));
    return sorted[std::min(rank, sorted.size() - 1)];
  }
  double scv() const { return mean > 0 ? variance / (mean * mean) : 0; }
};

double resolution_of(const std::vector<core::Duration>& values) {
  for (const core::Duration unit : {core::Duration{1s}, core::Duration{1ms}, core::Duration{1us}}) {
    const bool is_it = std::ranges::all_of(values, [unit](core::Duration v) { return v % unit == core::Duration{}; });
    if (is_it) return core::to_seconds(unit);
  }
  return 1e-9;
}

Times times_of(std::vector<core::Duration> values) {
  Times times{.resolution = resolution_of(values)};
  std::ranges::sort(values);
  times.sorted.reserve(values.size());
  for (const core::Duration value : values) times.sorted.push_back(core::to_seconds(value));
  const auto count = static_cast<double>(values.size());
  times.mean = std::accumulate(times.sorted.begin(), times.sorted.end(), 0.0) / count;
  for (const double x : times.sorted) times.variance += (x - times.mean) * (x - times.mean) / count;
  const std::size_t thinned = std::min(values.size(), kMostThinned);
  for (std::size_t i = 0; i < thinned; ++i) {
    const double x = times.sorted[(2 * i + 1) * values.size() / (2 * thinned)];
    // What was rounded to nothing took something.
    times.logs.push_back(std::log(std::max(x, times.resolution / 2)));
  }
  times.mean_log = std::accumulate(times.logs.begin(), times.logs.end(), 0.0) / static_cast<double>(thinned);
  return times;
}

// Each value stands for all that are rounded to it.
template <class Share>
double distance(const Times& times, Share share_below) {
  const double half = times.resolution / 2;
  const auto count = static_cast<double>(times.sorted.size());
  double most = 0;
  for (std::size_t i = 0; i < times.sorted.size();) {
    const double x = times.sorted[i];
    std::size_t end = i;
    while (end < times.sorted.size() && times.sorted[end] == x) ++end;
    most = std::max(most, std::abs(share_below(std::max(0.0, x - half)) - static_cast<double>(i) / count));
    most = std::max(most, std::abs(share_below(x + half) - static_cast<double>(end) / count));
    i = end;
  }
  return most;
}

std::string number_text(double number) { return fmt::format("{:.3g}", number); }

std::optional<SpanFit> fit_exponential(const Times& times) {
  const double mean = times.mean;
  return SpanFit{.spec = "exponential:mean=" + span_text(mean),
                 .distance = distance(times, [mean](double x) { return 1 - std::exp(-x / mean); })};
}

std::optional<SpanFit> fit_lognormal(const Times& times) {
  double variance = 0;
  for (const double l : times.logs) {
    variance += (l - times.mean_log) * (l - times.mean_log) / static_cast<double>(times.logs.size());
  }
  const double scv = std::exp(variance) - 1;
  if (scv < 1e-6 || scv > 1e4) return std::nullopt;
  const double mu = times.mean_log;
  const double sigma = std::sqrt(variance);
  return SpanFit{
      .spec = fmt::format("lognormal:mean={},scv={}", span_text(std::exp(mu + variance / 2)), number_text(scv)),
      .distance = distance(times, [=](double x) { return x <= 0 ? 0 : normal_share((std::log(x) - mu) / sigma); })};
}

std::optional<SpanFit> fit_gamma(const Times& times) {
  const double gap = std::log(times.mean) - times.mean_log;
  if (gap <= 0) return std::nullopt;
  double shape = (3 - gap + std::sqrt((gap - 3) * (gap - 3) + 24 * gap)) / (12 * gap);
  for (int i = 0; i < 20; ++i) {
    const double step = (std::log(shape) - digamma(shape) - gap) / (1 / shape - trigamma(shape));
    if (!std::isfinite(step) || shape - step <= 0) break;
    shape -= step;
    if (std::abs(step) < 1e-10 * shape) break;
  }
  if (shape < 1e-3 || shape > 1e3) return std::nullopt;
  const double scale = times.mean / shape;
  return SpanFit{.spec = fmt::format("gamma:mean={},scv={}", span_text(times.mean), number_text(1 / shape)),
                 .distance = distance(times, [=](double x) { return gamma_share(shape, x / scale); })};
}

// The likelihood's derivative rises with the shape: its zero is found by halving.
std::optional<SpanFit> fit_weibull(const Times& times) {
  const double top = *std::ranges::max_element(times.logs);
  double sum = 0;
  const auto excess = [&](double shape) {
    double weighted = 0;
    sum = 0;
    for (const double l : times.logs) {
      const double weight = std::exp(shape * (l - top));
      sum += weight;
      weighted += weight * (l - times.mean_log);
    }
    return weighted / sum - 1 / shape;
  };
  double low = 0.1;
  double high = 100;
  if (excess(low) > 0 || excess(high) < 0) return std::nullopt;
  for (int i = 0; i < 50; ++i) (excess((low + high) / 2) < 0 ? low : high) = (low + high) / 2;
  const double shape = low;
  excess(shape);
  const double scale = std::exp(top + std::log(sum / static_cast<double>(times.logs.size())) / shape);
  const double mean = scale * std::exp(log_gamma(1 + 1 / shape));
  return SpanFit{.spec = fmt::format("weibull:mean={},k={}", span_text(mean), number_text(shape)),
                 .distance = distance(times, [=](double x) { return 1 - std::exp(-std::pow(x / scale, shape)); })};
}

std::optional<SpanFit> fit_pareto(const Times& times) {
  const double least_log = times.logs.front();
  const double alpha = 1 / (times.mean_log - least_log);
  if (!std::isfinite(alpha) || alpha < 1.01 || alpha > 1000) return std::nullopt;
  const double least = std::exp(least_log);
  return SpanFit{
      .spec = fmt::format("pareto:mean={},alpha={}", span_text(least * alpha / (alpha - 1)), number_text(alpha)),
      .distance = distance(times, [=](double x) { return x <= least ? 0 : 1 - std::pow(least / x, alpha); })};
}

std::optional<SpanFit> fit_uniform(const Times& times) {
  const double from = times.sorted.front();
  const double to = times.sorted.back();
  if (from == to) return std::nullopt;
  return SpanFit{.spec = fmt::format("uniform:from={},to={}", span_text(from), span_text(to)),
                 .distance = distance(times, [=](double x) { return std::clamp((x - from) / (to - from), 0.0, 1.0); })};
}

// One of two exponentials with half of the work each, as the simulator has it.
std::optional<SpanFit> fit_hyperexponential(const Times& times) {
  const double scv = times.scv();
  if (scv < 1.05 || scv > 1e6) return std::nullopt;
  const double share = (1 + std::sqrt((scv - 1) / (scv + 1))) / 2;
  const double mean = times.mean;
  return SpanFit{.spec = fmt::format("hyperexponential:mean={},scv={}", span_text(mean), number_text(scv)),
                 .distance = distance(times, [=](double x) {
                   return 1 - share * std::exp(-2 * share * x / mean) -
                          (1 - share) * std::exp(-2 * (1 - share) * x / mean);
                 })};
}

bool is_about(double x, double value, double resolution) { return std::abs(x - value) <= value / 20 + resolution / 2; }

std::optional<SpanFit> fit_constant(const Times& times) {
  const double median = times.at(0.5);
  const auto others =
      std::ranges::count_if(times.sorted, [&](double x) { return !is_about(x, median, times.resolution); });
  const double share = static_cast<double>(others) / static_cast<double>(times.sorted.size());
  if (share > 0.05) return std::nullopt;
  return SpanFit{.spec = "constant:" + span_text(median), .distance = share};
}

// Parted where the step between one and the next is greatest in proportion.
std::optional<SpanFit> fit_bimodal(const Times& times) {
  std::size_t cut = 0;
  double widest = 0;
  for (std::size_t i = 1; i < times.sorted.size(); ++i) {
    const double below = std::max(times.sorted[i - 1], times.resolution / 2);
    const double step = times.sorted[i] / below;
    if (step > widest) {
      widest = step;
      cut = i;
    }
  }
  if (widest < 1.2) return std::nullopt;
  const auto count = static_cast<double>(times.sorted.size());
  const double brief = times.sorted[cut / 2];
  const double lengthy = times.sorted[cut + (times.sorted.size() - cut) / 2];
  const auto others = std::ranges::count_if(times.sorted, [&](double x) {
    return !is_about(x, brief, times.resolution) && !is_about(x, lengthy, times.resolution);
  });
  const double share = static_cast<double>(others) / count;
  if (share > 0.05 || brief <= 0) return std::nullopt;
  return SpanFit{.spec = fmt::format("bimodal:short={},long={},share={}", span_text(brief), span_text(lengthy),
                                     number_text(static_cast<double>(cut) / count)),
                 .distance = share};
}

struct Kind {
  int parameters;
  std::optional<SpanFit> (*fit)(const Times& times);
};
constexpr auto kKinds = std::to_array<Kind>({{1, fit_constant},
                                             {1, fit_exponential},
                                             {2, fit_lognormal},
                                             {2, fit_gamma},
                                             {2, fit_weibull},
                                             {2, fit_uniform},
                                             {2, fit_pareto},
                                             {2, fit_hyperexponential},
                                             {3, fit_bimodal}});

}  // namespace

double usual_distance(std::size_t count) {
  return 1.358 / std::sqrt(static_cast<double>(std::max<std::size_t>(1, count)));
}

std::string span_text(double seconds) {
  const double ns = std::clamp(seconds * 1e9, 1.0, 1e18);
  const double unit = std::max(1.0, std::pow(10, std::floor(std::log10(ns)) - 2));
  return config::format_duration(core::Duration{std::llround(std::round(ns / unit) * unit)});
}

SpanFits fit_spans(std::vector<core::Duration> values) {
  const Times times = times_of(std::move(values));
  SpanFits made{.count = times.sorted.size(),
                .mean_s = times.mean,
                .scv = times.scv(),
                .p50_s = times.at(0.5),
                .p95_s = times.at(0.95),
                .p99_s = times.at(0.99)};
  if (times.mean <= 0) {
    // All were rounded to nothing.
    made.fits.push_back({.spec = "constant:" + span_text(times.resolution / 2), .distance = 0});
    return made;
  }
  struct Candidate {
    int parameters;
    SpanFit fit;
  };
  std::vector<Candidate> candidates;
  for (const Kind& kind : kKinds) {
    auto fit = kind.fit(times);
    if (fit && std::isfinite(fit->distance)) candidates.push_back({kind.parameters, std::move(*fit)});
  }
  std::ranges::stable_sort(candidates, {}, [](const Candidate& c) { return c.fit.distance; });
  const double as_good = candidates.front().fit.distance + std::max(0.003, usual_distance(made.count) / 3);
  const auto simplest = std::ranges::min_element(
      candidates, {}, [as_good](const Candidate& c) { return c.fit.distance <= as_good ? c.parameters : 9; });
  std::rotate(candidates.begin(), simplest, simplest + 1);
  for (Candidate& candidate : candidates) made.fits.push_back(std::move(candidate.fit));
  return made;
}

}  // namespace tenfold::sim
