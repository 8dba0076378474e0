#include "core/portable_math.hpp"

#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace tenfold::core {

namespace {

// ln 2 in two parts: `kLn2High` has so few digits that a small integer times it is exact (fdlibm's split).
constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kLog2E = 1.44269504088896338700;
constexpr int kMantissaBits = 52;
constexpr int kBias = 1023;

double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + kBias) << kMantissaBits);
}

// 1 / n!
constexpr auto kInverseFactorials = [] {
  std::array<double, 15> inverse{1};
  for (std::size_t n = 1; n < inverse.size(); ++n) inverse.at(n) = inverse.at(n - 1) / static_cast<double>(n);
  return inverse;
}();

// The Taylor series of exp up to r^last. Up to r^14 the next term is below 1e-18 where |r| <= ln(2) / 2; up to r^8 it
// is where |r| <= 1/32.
template <std::size_t last>
double exp_series(double r) {
  double sum = 0;
  for (std::size_t n = last; n >= 2; --n) sum = (sum + kInverseFactorials[n]) * r;
  return 1 + (r + sum * r);
}

// The Taylor series of the cosine, for |x| <= pi / 4.
double cos_of_remainder(double x) {
  double sum = 1;
  for (int n = 18; n >= 2; n -= 2) sum = 1 - sum * x * x / (n * (n - 1));
  return sum;
}

double sin_of_remainder(double x) {
  double sum = 1;
  for (int n = 19; n >= 3; n -= 2) sum = 1 - sum * x * x / (n * (n - 1));
  return sum * x;
}

}  // namespace

double portable_exp(double x) {
  // Most are of decays over short times.
  if (x > -1.0 / 32 && x < 1.0 / 32) return exp_series<8>(x);
  if (x < -708) return 0;
  if (x > 709) return std::numeric_limits<double>::infinity();
  const double scaled = x * kLog2E;
  const int exponent = static_cast<int>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  const double r = (x - exponent * kLn2High) - exponent * kLn2Low;
  return exp_series<kInverseFactorials.size() - 1>(r) * power_of_two(exponent);
}

double portable_log(double x) {
  assert(x >= std::numeric_limits<double>::min());
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> kMantissaBits) - kBias;
  constexpr std::uint64_t kMantissa = (std::uint64_t{1} << kMantissaBits) - 1;
  double m = std::bit_cast<double>((bits & kMantissa) | (std::uint64_t{kBias} << kMantissaBits));
  if (m > 1.4142135623730951) {
    m /= 2;
    ++exponent;
  }
  // log m = 2 artanh((m - 1) / (m + 1)), by its series; |s| <= 0.172.
  const double s = (m - 1) / (m + 1);
  const double square = s * s;
  double sum = 0;
  for (int n = 23; n >= 3; n -= 2) sum = (sum + 1.0 / n) * square;
  return exponent * kLn2High + (2 * s + (2 * s * sum + exponent * kLn2Low));
}

double portable_cos_turns(double turns) {
  assert(turns >= 0 && turns <= 1);
  constexpr double kTurn = 6.28318530717958647693;
  const int quarter = static_cast<int>(std::floor(turns * 4 + 0.5));
  const double rest = (turns - quarter * 0.25) * kTurn;
  switch (quarter % 4) {
    case 0:
      return cos_of_remainder(rest);
    case 1:
      return -sin_of_remainder(rest);
    case 2:
      return -cos_of_remainder(rest);
    default:
      return sin_of_remainder(rest);
  }
}

}  // namespace tenfold::core
