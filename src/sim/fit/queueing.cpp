#include "sim/fit/queueing.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>

namespace tenfold::sim {

namespace {

// Pearson's, from sums.
class Correlation {
 public:
  void add(double x, double y) {
    ++count_;
    x_ += x;
    y_ += y;
    xx_ += x * x;
    yy_ += y * y;
    xy_ += x * y;
  }
  double value() const {
    const double spread = (xx_ - x_ * x_ / count_) * (yy_ - y_ * y_ / count_);
    return spread > 0 ? (xy_ - x_ * y_ / count_) / std::sqrt(spread) : 0;
  }

 private:
  double count_ = 0;
  double x_ = 0;
  double y_ = 0;
  double xx_ = 0;
  double yy_ = 0;
  double xy_ = 0;
};

}  // namespace

Queueing find_queueing(const std::vector<Arrival>& arrivals) {
  // Fewer tell nothing.
  constexpr std::size_t kLeast = 50;
  Queueing made;
  Correlation correlation;
  std::priority_queue<core::TimePoint, std::vector<core::TimePoint>, std::greater<>> ends;
  std::size_t count = 0;
  double busy_s = 0;
  core::TimePoint last{};
  for (const Arrival& arrival : arrivals) {
    if (!arrival.service) continue;
    while (!ends.empty() && ends.top() <= arrival.at) ends.pop();
    const double seconds = core::to_seconds(*arrival.service);
    correlation.add(static_cast<double>(ends.size()), std::log(std::max(seconds, 1e-9)));
    if (ends.empty()) made.alone.push_back(*arrival.service);
    ends.push(arrival.at + *arrival.service);
    made.most_at_once = std::max(made.most_at_once, ends.size());
    busy_s += seconds;
    last = std::max(last, arrival.at + *arrival.service);
    ++count;
  }
  const double span = core::to_seconds(last.time_since_epoch());
  if (span > 0) made.mean_at_once = busy_s / span;
  if (count >= kLeast) made.correlation = correlation.value();
  return made;
}

}  // namespace tenfold::sim
