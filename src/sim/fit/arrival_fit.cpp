#include "sim/fit/arrival_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/units.hpp"
#include "sim/fit/span_fit.hpp"

namespace tenfold::sim {

namespace {

using namespace std::chrono_literals;

using Seconds = std::vector<double>;

std::string rate_text(double rate) { return rate >= 100 ? fmt::format("{:.0f}", rate) : fmt::format("{:.3g}", rate); }

// Of exponentials with mean 1.
double exponential_distance(Seconds values) {
  if (values.empty()) return 1;
  std::ranges::sort(values);
  const auto count = static_cast<double>(values.size());
  double most = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double share = 1 - std::exp(-values[i]);
    most = std::max(
        {most, std::abs(share - static_cast<double>(i) / count), std::abs(share - static_cast<double>(i + 1) / count)});
  }
  return most;
}

// Rates over windows of one length, from zero on.
struct Course {
  double window = 1;
  std::vector<double> rates;

  // The arrivals to be expected up to `t`.
  std::vector<double> sums() const {
    std::vector<double> until{0};
    for (const double rate : rates) until.push_back(until.back() + rate * window);
    return until;
  }
  double distance(const Seconds& times) const {
    const std::vector<double> until = sums();
    const auto expected = [&](double t) {
      const auto n = std::min(rates.size() - 1, static_cast<std::size_t>(t / window));
      return until[n] + rates[n] * (t - static_cast<double>(n) * window);
    };
    Seconds gaps;
    gaps.reserve(times.size());
    for (std::size_t i = 1; i < times.size(); ++i) gaps.push_back(expected(times[i]) - expected(times[i - 1]));
    return exponential_distance(std::move(gaps));
  }
};

std::vector<double> counts_in(const Seconds& times, double window, std::size_t windows) {
  std::vector<double> counts(windows, 0);
  for (const double t : times) ++counts[std::min(windows - 1, static_cast<std::size_t>(t / window))];
  return counts;
}

// Of counts in windows at these rates, without what is the same for all courses.
double log_likelihood(double count, double rate, double window) {
  constexpr double kLeast = 1e-9;  // no rate forbids an arrival
  return count * std::log(std::max(rate, kLeast)) - rate * window;
}

struct Candidate {
  double criterion = 0;  // the smaller the better
  ArrivalFit fit;
};

double criterion(double likelihood, double parameters, std::size_t count) {
  return -2 * likelihood + parameters * std::log(static_cast<double>(count));
}

Candidate fit_poisson(const Seconds& times, double span) {
  const auto count = static_cast<double>(times.size());
  const Course course{.window = span, .rates = {count / span}};
  return {.criterion = criterion(log_likelihood(count, count / span, span), 1, times.size()),
          .fit = {.spec = "poisson:rate=" + rate_text(count / span),
                  .distance = course.distance(times),
                  .words = "independent of each other, at one rate"}};
}

std::optional<Candidate> fit_steps(const Seconds& times, double span) {
  constexpr double kLeastInStep = 8;
  constexpr auto kSteps = std::to_array<std::size_t>({2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 24, 30});
  std::optional<Candidate> best;
  for (const std::size_t steps : kSteps) {
    if (static_cast<double>(times.size()) < kLeastInStep * static_cast<double>(steps)) break;
    Course course{.window = span / static_cast<double>(steps), .rates = {}};
    double likelihood = 0;
    for (const double count : counts_in(times, course.window, steps)) {
      course.rates.push_back(count / course.window);
      likelihood += log_likelihood(count, course.rates.back(), course.window);
    }
    const double value = criterion(likelihood, static_cast<double>(steps), times.size());
    if (best && best->criterion <= value) continue;
    std::vector<std::string> rates;
    rates.reserve(course.rates.size());
    for (const double rate : course.rates) rates.push_back(rate_text(rate));
    best = {.criterion = value,
            .fit = {.spec = fmt::format("steps:rates={},every={}", fmt::join(rates, "/"), span_text(course.window)),
                    .distance = course.distance(times),
                    .words = fmt::format("independent of each other, at {} rates one after the other", steps)}};
  }
  return best;
}

// Which windows are busy: parted in two groups, each around its mean.
std::vector<bool> busy_windows(const std::vector<double>& counts) {
  const auto [least, most] = std::ranges::minmax(counts);
  double low = least;
  double high = most;
  std::vector<bool> is_busy(counts.size());
  for (int i = 0; i < 50; ++i) {
    double low_sum = 0;
    double high_sum = 0;
    std::size_t busy = 0;
    for (std::size_t n = 0; n < counts.size(); ++n) {
      is_busy[n] = counts[n] > (low + high) / 2;
      busy += is_busy[n] ? 1 : 0;
      (is_busy[n] ? high_sum : low_sum) += counts[n];
    }
    if (busy == 0 || busy == counts.size()) break;
    low = low_sum / static_cast<double>(counts.size() - busy);
    high = high_sum / static_cast<double>(busy);
  }
  return is_busy;
}

// What was seen of two states that take turns.
struct TwoStates {
  struct State {
    double windows = 0;
    double arrivals = 0;
    std::vector<double> stays;  // in windows
    double rate(double window) const { return windows == 0 ? 0 : arrivals / (windows * window); }
    double mean_stay() const {
      return std::accumulate(stays.begin(), stays.end(), 0.0) / static_cast<double>(stays.size());
    }
    // Of the stays that were seen from their beginning to their end.
    double stay_scv() const {
      if (stays.size() < 4) return 1;
      const double mean = mean_stay();
      double variance = 0;
      for (std::size_t i = 1; i + 1 < stays.size(); ++i) variance += (stays[i] - mean) * (stays[i] - mean);
      return variance / static_cast<double>(stays.size() - 2) / (mean * mean);
    }
  };
  State quiet;
  State busy;
};

TwoStates states_of(const std::vector<double>& counts, const std::vector<bool>& is_busy) {
  TwoStates states;
  for (std::size_t n = 0; n < counts.size(); ++n) {
    TwoStates::State& state = is_busy[n] ? states.busy : states.quiet;
    if (n == 0 || is_busy[n] != is_busy[n - 1]) state.stays.push_back(0);
    ++state.stays.back();
    ++state.windows;
    state.arrivals += counts[n];
  }
  return states;
}

// The path's likelihood: of what came in each window, and of each change from one window to the next.
double path_likelihood(const std::vector<double>& counts, const std::vector<bool>& is_busy, const Course& course,
                       const TwoStates& states) {
  double sum = 0;
  for (std::size_t n = 0; n < counts.size(); ++n) {
    sum += log_likelihood(counts[n], course.rates[n], course.window);
    if (n == 0) continue;
    const double leaves = std::min(0.999, 1 / (is_busy[n - 1] ? states.busy : states.quiet).mean_stay());
    sum += std::log(is_busy[n] != is_busy[n - 1] ? leaves : 1 - leaves);
  }
  return sum;
}

std::optional<Candidate> fit_two_rates(const Seconds& times, double span, std::size_t windows) {
  constexpr std::size_t kLeastStays = 3;
  Course course{.window = span / static_cast<double>(windows), .rates = {}};
  const std::vector<double> counts = counts_in(times, course.window, windows);
  const std::vector<bool> is_busy = busy_windows(counts);
  const TwoStates states = states_of(counts, is_busy);
  if (states.quiet.stays.size() < kLeastStays || states.busy.stays.size() < kLeastStays) return std::nullopt;
  const double low = states.quiet.rate(course.window);
  const double high = states.busy.rate(course.window);
  for (const bool busy : is_busy) course.rates.push_back(busy ? high : low);
  const std::string quiet_stay = span_text(states.quiet.mean_stay() * course.window);
  const std::string busy_stay = span_text(states.busy.mean_stay() * course.window);
  const bool is_regular = states.busy.stay_scv() < 0.1 && states.quiet.stay_scv() < 0.1;
  ArrivalFit fit{.spec = {}, .distance = course.distance(times), .words = {}};
  if (is_regular) {
    fit.spec = fmt::format("onoff:rate={},on={},off={}", rate_text(high), busy_stay, quiet_stay);
    if (low > 0) fit.spec += ",off-rate=" + rate_text(low);
    fit.words = "on and off, for about the same times again and again";
  } else {
    fit.spec = fmt::format("mmpp:rates={}/{},stay={}/{}", rate_text(low), rate_text(high), quiet_stay, busy_stay);
    fit.words = "independent of each other, at two rates that change at random";
  }
  return Candidate{.criterion = criterion(path_likelihood(counts, is_busy, course, states), 4, times.size()),
                   .fit = std::move(fit)};
}

// The best of some lengths of windows.
std::optional<Candidate> fit_two_rates(const Seconds& times, double span) {
  std::optional<Candidate> best;
  for (const std::size_t windows : {30U, 60U, 120U, 240U, 480U, 960U}) {
    if (times.size() < 2 * windows) break;
    auto candidate = fit_two_rates(times, span, windows);
    if (candidate && (!best || candidate->criterion < best->criterion)) best = std::move(candidate);
  }
  return best;
}

// Where a third or more come with another one, at the same instant for all that counts.
std::optional<ArrivalFit> fit_batches(const Seconds& times, double span) {
  const double mean = span / static_cast<double>(times.size());
  const double instant = std::min(1e-3, mean / 100);
  Seconds begins;
  std::vector<double> sizes;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (i == 0 || times[i] - times[i - 1] > instant) {
      begins.push_back(times[i]);
      sizes.push_back(0);
    }
    ++sizes.back();
  }
  const auto batches = static_cast<double>(begins.size());
  const double size = static_cast<double>(times.size()) / batches;
  if (size < 1.5 || begins.size() < 10) return std::nullopt;
  const bool is_one_size = std::ranges::minmax(sizes).min == std::ranges::minmax(sizes).max;
  const Course course{.window = span, .rates = {batches / span}};
  return ArrivalFit{.spec = fmt::format("batches:rate={},size={},sizes={}", rate_text(batches / span),
                                        is_one_size ? fmt::format("{:.0f}", size) : rate_text(size),
                                        is_one_size ? "constant" : "geometric"),
                    .distance = course.distance(begins),
                    .words = "several at once, batches independent of each other"};
}

std::optional<ArrivalFit> fit_constant(const Seconds& times, double interval_scv) {
  if (times.size() < 3 || interval_scv > 0.05) return std::nullopt;
  const double mean = (times.back() - times.front()) / static_cast<double>(times.size() - 1);
  std::size_t others = 0;
  for (std::size_t i = 1; i < times.size(); ++i) others += std::abs(times[i] - times[i - 1] - mean) > mean / 10 ? 1 : 0;
  return ArrivalFit{.spec = "constant:rate=" + rate_text(1 / mean),
                    .distance = static_cast<double>(others) / static_cast<double>(times.size() - 1),
                    .words = "one after the other"};
}

std::vector<Dispersion> dispersions_of(const Seconds& times, double span) {
  constexpr std::size_t kLeastWindows = 20;
  std::vector<Dispersion> made;
  for (const core::Duration window :
       {core::Duration{1s}, core::Duration{10s}, core::Duration{1min}, core::Duration{10min}}) {
    const double length = core::to_seconds(window);
    const auto windows = static_cast<std::size_t>(span / length);
    if (windows < kLeastWindows || windows > 10'000'000) continue;
    std::vector<double> counts(windows, 0);
    for (const double t : times) {
      if (const auto n = static_cast<std::size_t>(t / length); n < windows) ++counts[n];
    }
    const auto count = static_cast<double>(windows);
    const double mean = std::accumulate(counts.begin(), counts.end(), 0.0) / count;
    double variance = 0;
    for (const double c : counts) variance += (c - mean) * (c - mean) / (count - 1);
    if (mean > 0) made.push_back({.window = window, .index = variance / mean, .windows = windows});
  }
  return made;
}

double interval_scv_of(const Seconds& times) {
  if (times.size() < 3) return 0;
  const auto count = static_cast<double>(times.size() - 1);
  const double mean = (times.back() - times.front()) / count;
  double variance = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    const double gap = times[i] - times[i - 1] - mean;
    variance += gap * gap / count;
  }
  return mean > 0 ? variance / (mean * mean) : 0;
}

}  // namespace

ArrivalFits fit_arrivals(const std::vector<Arrival>& arrivals) {
  // What fits into a second is a burst, whatever it is within it.
  constexpr double kBurst = 1;
  Seconds times;
  times.reserve(arrivals.size());
  for (const Arrival& arrival : arrivals) times.push_back(core::to_seconds(arrival.at - arrivals.front().at));
  const double span = times.back();
  ArrivalFits made{.count = times.size(), .span = arrivals.back().at - arrivals.front().at};
  if (times.size() == 1 || span <= kBurst) {
    const std::string within = span > 0 ? ",within=" + span_text(span) : "";
    made.fits.push_back(
        {.spec = fmt::format("burst:n={}{}", times.size(), within), .distance = 0, .words = "all within a second"});
    made.rate = span > 0 ? static_cast<double>(times.size()) / span : 0;
    return made;
  }
  made.rate = static_cast<double>(times.size()) / span;
  made.interval_scv = interval_scv_of(times);
  made.dispersions = dispersions_of(times, span);

  std::vector<Candidate> candidates{fit_poisson(times, span)};
  if (auto steps = fit_steps(times, span)) candidates.push_back(std::move(*steps));
  if (auto two = fit_two_rates(times, span)) candidates.push_back(std::move(*two));
  std::ranges::stable_sort(candidates, {}, &Candidate::criterion);
  if (auto constant = fit_constant(times, made.interval_scv)) made.fits.push_back(std::move(*constant));
  if (auto batches = fit_batches(times, span)) made.fits.push_back(std::move(*batches));
  for (Candidate& candidate : candidates) made.fits.push_back(std::move(candidate.fit));
  return made;
}

}  // namespace tenfold::sim
