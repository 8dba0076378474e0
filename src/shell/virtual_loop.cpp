#include "shell/virtual_loop.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tenfold::shell {

namespace {

using namespace std::chrono_literals;

// How late timers are looked at. Mostly at once; a loop that is busy, or a machine that slept, is later.
constexpr std::array<Duration, 8> kLateness{0ms, 0ms, 0ms, 0ms, 1ms, 1ms, 10ms, 100ms};

}  // namespace

void VirtualLoop::at(TimePoint time, Task task) {
  events_.push({.at = std::max(time, now_),
                .lot = static_cast<std::uint32_t>(random_.below(4)),
                .number = next_event_++,
                .task = keep(std::move(task))});
}

std::size_t VirtualLoop::keep(Task task) {
  if (free_tasks_.empty()) {
    tasks_.push_back(std::move(task));
    return tasks_.size() - 1;
  }
  const std::size_t place = free_tasks_.back();
  free_tasks_.pop_back();
  tasks_[place] = std::move(task);
  return place;
}

http::Loop::Task VirtualLoop::take_next() {
  const std::size_t place = events_.top().task;
  events_.pop();
  free_tasks_.push_back(place);
  return std::exchange(tasks_[place], nullptr);
}

http::Loop::TimePoint VirtualLoop::timers_looked_at() const {
  const TimePoint earliest = earliest_timer();
  return earliest == TimePoint::max() ? earliest : std::max(earliest + lateness_, now_);
}

bool VirtualLoop::step(TimePoint end) {
  // What is posted and what happens in this instant take turns: neither keeps the other waiting.
  const bool happens_now = !events_.empty() && events_.top().at <= now_;
  const bool is_turn_of_posted = !happens_now || random_.below(2) != 0;
  if (!posted_.empty() && is_turn_of_posted) {
    // What is posted meanwhile belongs to a later turn.
    for (std::size_t left = posted_.size(); left > 0; --left) {
      begin_turn();
      Task task = std::move(posted_.front());
      posted_.pop_front();
      task();
      end_turn();
    }
    ++steps_;
    return true;
  }
  const TimePoint event = events_.empty() ? TimePoint::max() : events_.top().at;
  const TimePoint timer = timers_looked_at();
  const TimePoint next = std::min(event, timer);
  if (next == TimePoint::max() || next > end) return false;
  now_ = std::max(now_, next);
  begin_turn();
  const bool is_timer = timer < event || (timer == event && random_.below(2) == 0);
  if (is_timer) {
    lateness_ = kLateness[random_.below(kLateness.size())];
    run_timers(now_);
  } else {
    Task task = take_next();
    task();
  }
  end_turn();
  ++steps_;
  return true;
}

void VirtualLoop::begin_turn() { turn_cost_ = {}; }

void VirtualLoop::end_turn() { longest_turn_ = std::max(longest_turn_, turn_cost_); }

}  // namespace tenfold::shell
