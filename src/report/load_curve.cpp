#include "report/load_curve.hpp"

#include <algorithm>
#include <utility>

namespace tenfold::report {

namespace {

constexpr std::size_t kMostPoints = std::size_t{1} << 18;

void note(LoadFacts& facts, std::uint32_t waited, const LoadPoint& point) {
  if (point.waiting > facts.deepest_queue) {
    facts.deepest_queue = point.waiting;
    facts.deepest_at = point.at;
  }
  facts.most_running = std::max(facts.most_running, point.running);
  if (waited > 0 && point.waiting == 0) facts.emptied_at = point.at;
}

}  // namespace

LoadFacts facts_of(std::span<const LoadPoint> points) {
  LoadFacts facts;
  std::uint32_t waited = 0;
  for (const LoadPoint& point : points) note(facts, std::exchange(waited, point.waiting), point);
  return facts;
}

void LoadCurve::Group::add(const LoadPoint& point) {
  if (count++ == 0) most = point;
  most.waiting = std::max(most.waiting, point.waiting);
  most.running = std::max(most.running, point.running);
  last = point;
}

void LoadCurve::add(const LoadPoint& point) {
  const bool is_first = points_.empty() && group_.count == 0;
  if (is_first) began_ = point.at;
  if (!is_first && last_.waiting == point.waiting && last_.running == point.running) return;
  note(facts_, last_.waiting, point);
  if (group_.count > 0 && is_pause(last_, point)) append(std::exchange(group_, {}));
  last_ = point;
  group_.add(point);
  if (group_.count < together_) return;
  append(std::exchange(group_, {}));
  if (points_.size() >= kMostPoints) thin();
}

std::vector<LoadPoint> LoadCurve::points() const {
  std::vector<LoadPoint> all = points_;
  if (group_.count > 0) all.insert(all.end(), {group_.most, group_.last});
  return all;
}

void LoadCurve::append(const Group& group) {
  points_.push_back(group.most);
  if (together_ > 1) points_.push_back(group.last);
}

// Single points become groups of four, which are two points; two groups become one.
void LoadCurve::thin() {
  constexpr std::size_t kTogether = 4;
  together_ = together_ == 1 ? kTogether : 2 * together_;
  const std::vector<LoadPoint> all = std::exchange(points_, {});
  points_.reserve(kMostPoints);
  Group group;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_full = group.count == kTogether || (group.count > 0 && is_pause(all[i - 1], all[i]));
    if (is_full) append(std::exchange(group, {}));
    group.add(all[i]);
  }
  append(group);
}

// Nothing waited or ran for so long that it is seen.
bool LoadCurve::is_pause(const LoadPoint& from, const LoadPoint& until) const {
  constexpr int kSeen = 2000;
  return from.waiting + from.running == 0 && until.at - from.at > (until.at - began_) / kSeen;
}

}  // namespace tenfold::report
