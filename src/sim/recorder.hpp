// What a run of the virtual world comes to, in numbers.
#pragma once

#include <cstdint>
#include <vector>

#include "base/distribution.hpp"
#include "base/replica_meter.hpp"
#include "core/ids.hpp"
#include "core/time.hpp"

namespace tenfold::sim {

// The requests of a class.
struct ClassResult {
  Distribution wait;
  Distribution total;
  std::uint64_t requests = 0;
  std::uint64_t answered = 0;
  std::uint64_t rejected = 0;
  std::uint64_t left = 0;
};

// All times are virtual. Where there is a warm-up, only of the requests that came after it, and of the time after it.
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
  // By the numbers of their classes, from 0 for those without; empty where no request has a class.
  std::vector<ClassResult> classes;
  // From the first arrival to the last end of a request.
  core::Duration makespan{};
  // The mean, over answered requests, of their end since the first arrival.
  core::Duration mean_completion{};
  // From start to exit, all replicas; of it the time in which they had a request; and that in which a replica was ready
  // and had none while there were no more than the minimum, which Azure bills as idle.
  double replica_s = 0;
  double busy_replica_s = 0;
  double idle_replica_s = 0;
  // How long the world ran, how much of that counts, and how long it took us.
  core::Duration duration{};
  core::Duration counted{};
  core::TimePoint ended{};  // on the core's clock
  double wall_s = 0;
  bool was_interrupted = false;
  // Arrivals were to come that no simulated time reaches (kLastArrival): they are missing.
  bool went_beyond_time = false;

  double p_wait() const { return dispatched == 0 ? 0 : static_cast<double>(waited) / static_cast<double>(dispatched); }
};

// Counts while the world runs.
class Recorder {
 public:
  // What a request is to the counts.
  struct Counted {
    core::TimePoint arrived{};
    core::RequestClass klass{};
  };
  void arrived(const Counted& request);
  void dispatched(const Counted& request, core::TimePoint now);
  void answered(const Counted& request, core::TimePoint now);
  void rejected(const Counted& request, core::TimePoint now);
  void left(const Counted& request, core::TimePoint now, bool was_waiting);
  void decided(core::TimePoint now) { result_.decisions += now >= counts_from_ ? 1 : 0; }

  void replica_started(core::TimePoint now);
  // It was ready, or was not yet.
  void replica_ready(core::TimePoint now);
  void replica_gone(core::TimePoint now, bool was_ready);
  // The replica has its first request, or has none any more.
  void replica_busy(core::TimePoint now) { change(now, {.busy = +1}); }
  void replica_idle(core::TimePoint now) { change(now, {.busy = -1}); }
  // How many replicas there always are.
  void set_min(std::uint32_t replicas) { meter_.set_min(replicas); }

  // What comes and passes before `begin` does not count. Called before it.
  void count_from(core::TimePoint begin) {
    result_ = {};
    counts_from_ = begin;
  }
  // The time between the two does not count.
  void pause(core::TimePoint now);
  void resume(core::TimePoint now);

  const Result& so_far() const { return result_; }
  // The world ends at `now`.
  Result finish(core::TimePoint now, core::TimePoint began);

 private:
  void change(core::TimePoint now, const ReplicaMeter::Counts& by);
  void note_most();
  bool counts(const Counted& request) const { return request.arrived >= counts_from_; }
  ClassResult& class_of(const Counted& request);
  // Whether figures by class are kept.
  bool has_classes(const Counted& request) const {
    return !result_.classes.empty() || request.klass != core::RequestClass{};
  }

  Result result_;
  core::TimePoint counts_from_{};
  bool is_paused_ = false;
  core::TimePoint first_arrival_{};
  core::TimePoint last_end_{};
  double completion_s_ = 0;
  core::TimePoint counted_until_{};
  ReplicaMeter meter_;
};

}  // namespace tenfold::sim
