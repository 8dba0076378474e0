#include "http/loop.hpp"

namespace tenfold::http {

Loop::TimePoint Loop::earliest_timer() const {
  return timers_.empty() ? TimePoint::max() : timers_.begin()->first.first;
}

// A task that sets its timer to a time that has passed is not run again in this call: it could never end.
void Loop::run_timers(TimePoint now) {
  const std::uint64_t set_before = next_timer_;
  auto next = timers_.begin();
  while (next != timers_.end() && next->first.first <= now) {
    if (next->first.second >= set_before) {
      ++next;
      continue;
    }
    Timer& due = *next->second;
    due.cancel();
    Task task = std::move(due.task_);  // it may destroy or set its timer
    task();
    next = timers_.begin();
  }
}

void Timer::expires_at(Loop::TimePoint time, Loop::Task task) {
  cancel();
  task_ = std::move(task);
  key_ = {time, loop_.next_timer_++};
  is_set_ = true;
  const auto place = loop_.timers_.emplace(key_, this).first;
  if (place == loop_.timers_.begin()) loop_.earliest_timer_changed();
}

void Timer::expires_after(std::chrono::nanoseconds span, Loop::Task task) {
  expires_at(loop_.now() + std::chrono::duration_cast<Loop::TimePoint::duration>(span), std::move(task));
}

void Timer::cancel() {
  if (!std::exchange(is_set_, false)) return;
  loop_.timers_.erase(key_);
}

}  // namespace tenfold::http
