// How long replicas were there, worked and were idle, together.
#pragma once

#include <chrono>
#include <cstdint>

namespace tenfold {

// Told of each change, and of the time between two of them. A replica is idle as Azure bills it: ready, without a
// request, and of no more than the minimum.
class ReplicaMeter {
 public:
  struct Counts {
    std::int64_t replicas = 0;  // there, from start to exit
    std::int64_t ready = 0;     // of them; also while they drain
    std::int64_t busy = 0;      // of those, with a request
  };

  void change(const Counts& by) {
    now_.replicas += by.replicas;
    now_.ready += by.ready;
    now_.busy += by.busy;
  }
  void set_min(std::uint32_t replicas) { min_ = replicas; }
  // Nothing changed for so long.
  void pass(std::chrono::nanoseconds span) {
    const double seconds = std::chrono::duration<double>{span}.count();
    replica_s_ += seconds * static_cast<double>(now_.replicas);
    busy_s_ += seconds * static_cast<double>(now_.busy);
    if (now_.replicas <= min_) idle_s_ += seconds * static_cast<double>(now_.ready - now_.busy);
  }
  // Nobody is there, for a beginning anew.
  void clear_counts() { now_ = {}; }

  std::uint32_t replicas() const { return static_cast<std::uint32_t>(now_.replicas); }
  double replica_s() const { return replica_s_; }
  double busy_s() const { return busy_s_; }
  double idle_s() const { return idle_s_; }

 private:
  Counts now_;
  std::int64_t min_ = 0;
  double replica_s_ = 0;
  double busy_s_ = 0;
  double idle_s_ = 0;
};

}  // namespace tenfold
