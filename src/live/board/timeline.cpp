#include "live/board/timeline.hpp"

#include <algorithm>
#include <chrono>

namespace tenfold::live {

std::int64_t second_of(core::TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

void Timeline::see(core::TimePoint now, const core::Levels& levels) {
  Second& second = at(now);
  second.waiting = std::max(second.waiting, levels.waiting);
  second.running = std::max(second.running, levels.running);
  second.desired = levels.desired;
  second.starting = levels.starting;
  second.ready = levels.ready;
  last_ = {.waiting = levels.waiting,
           .running = levels.running,
           .desired = levels.desired,
           .starting = levels.starting,
           .ready = levels.ready};
}

void Timeline::count_answer(core::TimePoint now, bool is_failure) {
  Second& second = at(now);
  ++second.answered;
  second.failed += is_failure ? 1 : 0;
}

// Where nothing happened all stays as it was.
Second& Timeline::at(core::TimePoint now) {
  const std::int64_t number = second_of(now);
  const std::int64_t oldest = number - static_cast<std::int64_t>(kSeconds) + 1;
  std::int64_t next = seconds_.empty() ? number : std::max(seconds_.back().number + 1, oldest);
  for (; next <= number; ++next) {
    seconds_.push_back(last_);
    seconds_.back().number = next;
  }
  while (seconds_.front().number < oldest) seconds_.pop_front();
  return seconds_.back();
}

}  // namespace tenfold::live
