// The event loop: one clock, timers, turns, and the network. All that waits waits here, and all that talks talks here,
// so that whoever owns the loop owns time and the world: live they are the steady clock and epoll (`EpollLoop`), in a
// simulation virtual time and a network in memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <functional>
#include <map>
#include <utility>

namespace tenfold::http {

class Net;
class Timer;

// One thread runs it, and everything on it belongs to that thread.
class Loop {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Task = std::move_only_function<void()>;

  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  virtual ~Loop() = default;

  virtual TimePoint now() const = 0;
  // The wall clock, in seconds since 1970, for people to read.
  virtual std::time_t unix_time() const { return std::time(nullptr); }
  // Runs `task` in a later turn, after what is ready now. From the loop's thread only.
  virtual void post(Task task) = 0;
  virtual Net& net() = 0;

 protected:
  Loop() = default;

  // A timer was set that is due before all others.
  virtual void earliest_timer_changed() = 0;
  // When the earliest timer is due; the largest time point when there is none.
  TimePoint earliest_timer() const;
  // Runs the timers that were due by `now` when it was called, in the order of their times.
  void run_timers(TimePoint now);
  std::size_t timer_count() const { return timers_.size(); }

 private:
  friend class Timer;
  using Key = std::pair<TimePoint, std::uint64_t>;

  std::map<Key, Timer*> timers_;
  std::uint64_t next_timer_ = 0;  // breaks ties: first set, first run
};

// Calls once at an instant, unless it is cancelled, set anew or destroyed before.
class Timer {
 public:
  explicit Timer(Loop& loop) : loop_{loop} {}
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // `task` runs from the loop, never from within this call, also when `time` has passed.
  void expires_at(Loop::TimePoint time, Loop::Task task);
  void expires_after(std::chrono::nanoseconds span, Loop::Task task);
  void cancel();
  bool is_set() const { return is_set_; }

 private:
  friend class Loop;

  Loop& loop_;
  Loop::Task task_;
  Loop::Key key_;
  bool is_set_ = false;
};

}  // namespace tenfold::http
