// Work that may not stop when it is told to, and who waits for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>

#include <tenfold/service.hpp>

namespace tenfold::solver {

// By when the work wants to be done. Thread-safe.
class Watch {
 public:
  using Clock = std::chrono::steady_clock;

  // Wakes who waits, to look at the new time.
  virtual void expect_end_by(Clock::time_point deadline) = 0;

 protected:
  ~Watch() = default;
};

// Why the work was left alone.
enum class Abandoned : std::uint8_t { kTimeIsUp, kIsStopped };

// How long work may go on after its deadline, and after it was told to stop.
inline constexpr std::chrono::milliseconds kPatience{800};

// Runs `work` on a thread of its own and returns what it makes, or throws what it throws. If it does not end within
// `patience` after its deadline or after `stop`, returns what `give_up` makes, and the thread runs on: so the work owns
// all that it uses, and the process should end soon, without its destructors.
Answer run_watched(std::function<Answer(Watch&)> work, const std::stop_token& stop,
                   const std::function<Answer(Abandoned)>& give_up, std::chrono::milliseconds patience = kPatience);

}  // namespace tenfold::solver
