#include "report/outline.hpp"

#include <algorithm>

namespace tenfold::report {

namespace {

constexpr core::Duration kShortestPause = std::chrono::milliseconds{500};
constexpr core::Duration kLongestPause = std::chrono::minutes{1};
// Of many arrivals some of the gaps tell the median.
constexpr std::size_t kMostGaps = 200'000;
// Stretches that are kept apart until the pause is known, before those are joined that it most likely joins.
constexpr std::size_t kMostStretches = 100'000;

void join(BurstLine& line, const BurstLine& next) {
  line.last_arrival = next.last_arrival;
  line.ended = std::max(line.ended, next.ended);
  line.requests += next.requests;
  line.failed += next.failed;
}

// Joins what follows after no more than `pause`.
std::vector<BurstLine> joined(const std::vector<BurstLine>& stretches, core::Duration pause) {
  std::vector<BurstLine> lines;
  for (const BurstLine& stretch : stretches) {
    if (lines.empty() || stretch.began - lines.back().ended > pause) {
      lines.push_back(stretch);
    } else {
      join(lines.back(), stretch);
    }
  }
  return lines;
}

}  // namespace

void Outline::arrived(core::TimePoint at) {
  if (!stretches_.empty()) sample(at - last_arrival_);
  last_arrival_ = at;
  if (stretches_.empty() || (open_ == 0 && at - busy_until_ > kShortestPause)) {
    if (stretches_.size() >= kMostStretches) stretches_ = joined(stretches_, pause());
    stretches_.push_back({.began = at, .ended = at});
  }
  BurstLine& line = stretches_.back();
  line.last_arrival = at;
  ++line.requests;
  ++open_;
}

void Outline::ended(core::TimePoint now) {
  if (open_ > 0) --open_;
  busy_until_ = std::max(busy_until_, now);
  // A stretch goes on while anything of it is open, and no other begins.
  if (!stretches_.empty()) stretches_.back().ended = std::max(stretches_.back().ended, now);
}

void Outline::failed(core::TimePoint arrived) {
  const auto next = std::ranges::upper_bound(stretches_, arrived, {}, &BurstLine::began);
  if (next != stretches_.begin()) ++std::prev(next)->failed;
}

core::Duration Outline::pause() const {
  if (gaps_.empty()) return kShortestPause;
  const auto median = gaps_.begin() + static_cast<std::ptrdiff_t>(gaps_.size() / 2);
  std::ranges::nth_element(gaps_, median);
  // What is beyond the bound is at it, also where ten times as much would be beyond all numbers.
  return *median >= kLongestPause ? kLongestPause : std::clamp(10 * *median, kShortestPause, kLongestPause);
}

std::vector<BurstLine> Outline::bursts(core::TimePoint story_end) const {
  std::vector<BurstLine> lines = joined(stretches_, pause());
  if (!lines.empty() && open_ > 0) lines.back().ended = std::max(lines.back().ended, story_end);
  return lines;
}

BurstLine Outline::whole(core::TimePoint story_end) const {
  BurstLine line = stretches_.front();
  for (std::size_t i = 1; i < stretches_.size(); ++i) join(line, stretches_[i]);
  if (open_ > 0) line.ended = std::max(line.ended, story_end);
  return line;
}

// The order of the samples does not matter: each second one that is left has its place by chance.
void Outline::sample(core::Duration gap) {
  if (passed_++ % stride_ != 0) return;
  gaps_.push_back(gap);
  if (gaps_.size() < kMostGaps) return;
  stride_ *= 2;
  for (std::size_t i = 0; i < gaps_.size() / 2; ++i) gaps_[i] = gaps_[2 * i];
  gaps_.resize(gaps_.size() / 2);
}

}  // namespace tenfold::report
