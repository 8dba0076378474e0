// Instants at random in a span of time, in their order.
#pragma once

#include <cstdint>

#include "core/time.hpp"
#include "sim/random.hpp"

namespace tenfold::sim {

// Each instant is as likely as any other of the span. They are drawn in their order, one by one, so that a million of
// them need no more memory than one: of k in [x, 1) the smallest lies at 1 - (1 - x) U^(1/k) for a uniform U (order
// statistics; Devroye, "Non-Uniform Random Variate Generation", 1986, V.3).
class Scatter {
 public:
  Scatter() = default;
  Scatter(std::uint64_t count, core::TimePoint begin, core::Duration length)
      : left_{count}, begin_{begin}, length_{length} {}

  std::uint64_t left() const { return left_; }
  // The next instant; one must be left.
  core::TimePoint next(Random& random);

 private:
  std::uint64_t left_ = 0;
  core::TimePoint begin_{};
  core::Duration length_{};
  double rest_ = 1;  // of the span, behind the last instant
};

}  // namespace tenfold::sim
