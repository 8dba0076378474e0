#include "sim/scatter.hpp"

#include <cassert>

#include "core/portable_math.hpp"

namespace tenfold::sim {

core::TimePoint Scatter::next(Random& random) {
  assert(left_ > 0);
  if (length_ == core::Duration::zero()) {
    --left_;
    return begin_;
  }
  // -log U is exponential.
  rest_ *= core::portable_exp(-random.exponential() / static_cast<double>(left_--));
  const double ns = (1 - rest_) * static_cast<double>(length_.count());
  return begin_ + core::Duration{static_cast<core::Duration::rep>(ns)};
}

}  // namespace tenfold::sim
