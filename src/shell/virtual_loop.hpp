// A loop whose time is virtual: nothing happens between two events, so an hour passes as fast as its events can be run.
#pragma once

#include <cstdint>
#include <deque>
#include <queue>
#include <string>
#include <vector>

#include "http/loop.hpp"
#include "sim/random.hpp"

namespace tenfold::shell {

using Duration = std::chrono::nanoseconds;

// What a real loop leaves open is drawn here, by seed: the order of what falls into one instant, and how late timers
// are looked at (a busy loop runs I/O that came after a deadline before that deadline's timer).
class VirtualLoop final : public http::Loop {
 public:
  explicit VirtualLoop(std::uint64_t seed) : random_{seed, 1} {}

  TimePoint now() const override { return now_; }
  std::time_t unix_time() const override {
    return std::chrono::floor<std::chrono::seconds>(now_.time_since_epoch()).count();
  }
  void post(Task task) override { posted_.push_back(std::move(task)); }
  http::Net& net() override { return *net_; }
  void use(http::Net& net) { net_ = &net; }

  // Something happens in the world at `time`.
  void at(TimePoint time, Task task);
  void after(Duration span, Task task) { at(now_ + span, std::move(task)); }

  // Runs what is next, unless that is after `end`. False when there is nothing.
  bool step(TimePoint end);

  // What the code under test did in this turn costs so much of a real loop's time.
  void charge(Duration cost) { turn_cost_ += cost; }
  Duration turn_cost() const { return turn_cost_; }
  // The longest turn of one of those who take turns: what one connection, or one timer, kept all others waiting for.
  Duration longest_turn() const { return longest_turn_; }

  std::uint64_t steps() const { return steps_; }
  std::size_t timers() const { return timer_count(); }

 private:
  struct Event {
    TimePoint at;
    std::uint32_t lot = 0;  // what falls into one instant comes in any order
    std::uint64_t number = 0;
    std::size_t task = 0;  // in tasks_: the heap moves small plain things only
    friend bool operator>(const Event& a, const Event& b) {
      if (a.at != b.at) return a.at > b.at;
      return a.lot != b.lot ? a.lot > b.lot : a.number > b.number;
    }
  };

  void earliest_timer_changed() override {}
  TimePoint timers_looked_at() const;
  std::size_t keep(Task task);
  Task take_next();
  void begin_turn();
  void end_turn();

  sim::Random random_;
  http::Net* net_ = nullptr;
  TimePoint now_{std::chrono::hours{1}};
  std::deque<Task> posted_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<Task> tasks_;
  std::vector<std::size_t> free_tasks_;
  std::uint64_t next_event_ = 0;
  std::uint64_t steps_ = 0;
  Duration lateness_{};
  Duration turn_cost_{};
  Duration longest_turn_{};
};

}  // namespace tenfold::shell
