// The best point that a solve has found so far.
#pragma once

#include <mutex>
#include <span>
#include <vector>

namespace tenfold::solver {

// Thread-safe: the solve offers, and who gives it up looks.
class Incumbent {
 public:
  void offer(std::span<const double> point) {
    const std::lock_guard lock{mutex_};
    point_.assign(point.begin(), point.end());
  }
  // Empty if there is none.
  std::vector<double> look() const {
    const std::lock_guard lock{mutex_};
    return point_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<double> point_;
};

}  // namespace tenfold::solver
