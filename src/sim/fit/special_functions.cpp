#include "sim/fit/special_functions.hpp"

#include <cmath>

namespace tenfold::sim {

namespace {

constexpr double kSeries = 10;
constexpr int kMostTerms = 10'000;
constexpr double kSmall = 1e-15;

}  // namespace

double log_gamma(double x) {
  constexpr double kHalfLogTau = 0.91893853320467274178;
  double below = 0;
  for (; x < kSeries; ++x) below += std::log(x);
  const double square = x * x;
  const double series = (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / (1680 * square)) / square) / square) / x;
  return (x - 0.5) * std::log(x) - x + kHalfLogTau + series - below;
}

double digamma(double x) {
  double below = 0;
  for (; x < kSeries; ++x) below += 1 / x;
  const double square = x * x;
  return std::log(x) - 1 / (2 * x) - (1.0 / 12 - (1.0 / 120 - 1.0 / (252 * square)) / square) / square - below;
}

double trigamma(double x) {
  double below = 0;
  for (; x < kSeries; ++x) below += 1 / (x * x);
  const double square = x * x;
  return (1 + 1 / (2 * x) + (1.0 / 6 - (1.0 / 30 - 1.0 / (42 * square)) / square) / square) / x + below;
}

double gamma_share(double shape, double x) {
  if (x <= 0) return 0;
  const double front = std::exp(shape * std::log(x) - x - log_gamma(shape));
  if (x < shape + 1) {
    double term = 1 / shape;
    double sum = term;
    for (int n = 1; n < kMostTerms && term > sum * kSmall; ++n) {
      term *= x / (shape + n);
      sum += term;
    }
    return front * sum;
  }
  constexpr double kTiny = 1e-300;
  double b = x + 1 - shape;
  double c = 1 / kTiny;
  double d = 1 / b;
  double fraction = d;
  for (int n = 1; n < kMostTerms; ++n) {
    const double a = -n * (n - shape);
    b += 2;
    d = a * d + b;
    if (std::abs(d) < kTiny) d = kTiny;
    c = b + a / c;
    if (std::abs(c) < kTiny) c = kTiny;
    d = 1 / d;
    const double step = d * c;
    fraction *= step;
    if (std::abs(step - 1) < kSmall) break;
  }
  return 1 - front * fraction;
}

double normal_share(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

}  // namespace tenfold::sim
