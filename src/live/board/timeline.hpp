// The last ten minutes of a service, a second each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "core/service.hpp"
#include "core/time.hpp"

namespace tenfold::live {

// What one second looked like.
struct Second {
  std::int64_t number = 0;  // by the core's clock
  // At most, at any instant of it: a burst that comes and goes within a second shows.
  std::uint32_t waiting = 0;
  std::uint32_t running = 0;
  // At its end.
  std::uint32_t desired = 0;
  std::uint32_t starting = 0;
  std::uint32_t ready = 0;
  std::uint32_t arrived = 0;
  std::uint32_t answered = 0;
  std::uint32_t failed = 0;  // got 4xx or 5xx, whoever made it
};

class Timeline {
 public:
  static constexpr std::size_t kSeconds = 600;

  // After each step of the core. Times never go back.
  void see(core::TimePoint now, const core::Levels& levels);
  void count_arrival(core::TimePoint now) { ++at(now).arrived; }
  void count_answer(core::TimePoint now, bool is_failure);

  // Of all seconds until that of `now`, none left out, the oldest first, the last still under way.
  const std::deque<Second>& seconds(core::TimePoint now) {
    at(now);
    return seconds_;
  }

 private:
  Second& at(core::TimePoint now);

  std::deque<Second> seconds_;
  Second last_;  // what the core looked like after its last step, with nothing counted
};

// The number of the second that holds `time`.
std::int64_t second_of(core::TimePoint time);

}  // namespace tenfold::live
