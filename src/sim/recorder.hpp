// What a run of the virtual world comes to, in numbers.
#pragma once

#include <cstdint>

#include "core/time.hpp"
#include "sim/distribution.hpp"

namespace tenfold::sim {

// All times are virtual.
struct Result {
  Distribution wait;   // from arrival to the first slot, of the requests that got one
  Distribution total;  // from arrival to the answer, of those that were answered
  std::uint64_t requests = 0;
  std::uint64_t dispatched = 0;
  std::uint64_t waited = 0;  // of the dispatched, those that did not get a slot in the instant of their arrival
  std::uint64_t answered = 0;
  std::uint64_t rejected = 0;
  std::uint64_t left = 0;          // clients that gave up
  std::uint64_t left_waiting = 0;  // of them, those that had no slot yet
  std::uint64_t decisions = 0;
  std::uint64_t starts = 0;
  std::uint32_t most_replicas = 0;
  // From the first arrival to the last end of a request.
  core::Duration makespan{};
  // The mean, over answered requests, of their end since the first arrival.
  core::Duration mean_completion{};
  // From start to exit, all replicas; and of it the time in which they had a request.
  double replica_s = 0;
  double busy_replica_s = 0;
  // How long the world ran, and how long that took us.
  core::Duration duration{};
  core::TimePoint ended{};  // on the core's clock
  double wall_s = 0;
  bool was_interrupted = false;

  double p_wait() const { return dispatched == 0 ? 0 : static_cast<double>(waited) / static_cast<double>(dispatched); }
};

// Counts while the world runs.
class Recorder {
 public:
  void arrived(core::TimePoint now);
  void dispatched(core::TimePoint arrived, core::TimePoint now);
  void answered(core::TimePoint arrived, core::TimePoint now);
  void rejected(core::TimePoint now);
  void left(core::TimePoint now, bool was_waiting);
  void decided() { ++result_.decisions; }

  void replica_started(core::TimePoint now);
  void replica_gone(core::TimePoint now);
  // The replica has its first request, or has none any more.
  void replica_busy(core::TimePoint now) { change(now, 0, +1); }
  void replica_idle(core::TimePoint now) { change(now, 0, -1); }

  const Result& so_far() const { return result_; }
  // The world ends at `now`.
  Result finish(core::TimePoint now, core::TimePoint began);

 private:
  void change(core::TimePoint now, int replicas, int busy);

  Result result_;
  core::TimePoint first_arrival_{};
  core::TimePoint last_end_{};
  double completion_s_ = 0;
  core::TimePoint counted_until_{};
  std::int64_t replicas_ = 0;
  std::int64_t busy_ = 0;
};

}  // namespace tenfold::sim
