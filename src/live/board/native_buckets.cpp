#include "live/board/native_buckets.hpp"

#include <algorithm>
#include <cmath>

namespace tenfold::live {

namespace {

// 2^(n/8 - 1): the upper bounds of the eight buckets of a doubling, as fractions of std::frexp.
constexpr std::array<double, NativeBuckets::kPerDoubling> kBounds{0.5,
                                                                  0.5452538663326288,
                                                                  0.5946035575013605,
                                                                  0.6484197773255048,
                                                                  0.7071067811865475,
                                                                  0.7711054127039704,
                                                                  0.8408964152537144,
                                                                  0.9170040432046711};

}  // namespace

void NativeBuckets::add(double seconds) {
  if (seconds <= kZeroThreshold) {
    ++zeros_;
    return;
  }
  int exponent = 0;
  const double fraction = std::frexp(seconds, &exponent);
  const auto above = std::ranges::lower_bound(kBounds, fraction) - kBounds.begin();
  const int bucket = static_cast<int>(above) + (exponent - 1) * kPerDoubling;
  ++counts_[static_cast<std::size_t>(std::clamp(bucket, kFirst, kLast) - kFirst)];
}

}  // namespace tenfold::live
