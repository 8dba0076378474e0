#include "live/board/histogram.hpp"

#include <algorithm>

namespace tenfold::live {

void Histogram::add(core::Duration span) {
  const double seconds = core::to_seconds(span);
  const auto bound = std::ranges::lower_bound(kBoundsS, seconds);
  ++counts_[static_cast<std::size_t>(bound - kBoundsS.begin())];
  ++count_;
  sum_ += span;
  native_.add(seconds);
}

}  // namespace tenfold::live
