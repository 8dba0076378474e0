#include "live/board/histogram.hpp"

#include <algorithm>

namespace tenfold::live {

void Histogram::add(core::Duration span) {
  const auto bound = std::ranges::lower_bound(kBoundsS, core::to_seconds(span));
  ++counts_[static_cast<std::size_t>(bound - kBoundsS.begin())];
  ++count_;
  sum_ += span;
}

}  // namespace tenfold::live
