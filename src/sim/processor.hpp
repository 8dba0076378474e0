// Who computes how fast: requests that share the CPUs of their replica, and replicas that share the cores of a machine.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/ids.hpp"
#include "core/indexed_heap.hpp"
#include "core/slot_table.hpp"
#include "core/time.hpp"

namespace tenfold::sim {

// A request is one thread's work. Alone in its replica it takes its service time S, so its work is S * min(1, cpu) on a
// core. A replica with n of them uses min(n, cpu) cores, each request an equal part. When all replicas together want
// more than the machine's cores, all are slowed down alike (processor sharing; what a fair scheduler comes to in the
// long run). Requests that do not compute take S whatever else runs.
//
// Kept in virtual time (as fair queueing has it: Demers, Keshav and Shenker 1989): the machine has a clock that slows
// down when it is oversubscribed, and each replica one that slows down against it when its requests share its CPUs. A
// request ends at a fixed reading of its replica's clock, so a change of speed moves no other request. Start, cancel
// and finish are O(log n), and a warm processor allocates nothing.
//
// Clocks count whole ticks of 1/16 ns, not floating point, whose digits would run out within days of virtual time: what
// shares with nobody ends exactly S after its start, however late in a run.
class Processor {
 public:
  // `cores` is the machine's, 0 for any number; `cpu` the limit of each replica, above zero.
  Processor(double cores, double cpu, bool is_cpu_bound);

  // `replica` is a small number of the caller's, and may be reused for another when nothing runs there. `request` must
  // not run yet. A service time of more than a year counts as a year.
  void start(core::TimePoint now, core::RequestId request, core::Slot replica, core::Duration service);
  // Takes the request away. It must run.
  void cancel(core::TimePoint now, core::RequestId request);

  // When the next request is finished if nothing else happens, rounded up to a nanosecond; never earlier than the last
  // call's time.
  std::optional<core::TimePoint> next_finish() const;
  // Ends the request that is finished at `now`, which next_finish() has reached: of several the one that started first.
  core::RequestId finish(core::TimePoint now);

  // CPU time that a replica has used so far, since its number was first used. None where requests do not compute.
  core::Duration cpu_used(core::TimePoint now, core::Slot replica);
  // How long its requests, all together, could have computed and had no CPU, so far.
  core::Duration cpu_waited(core::TimePoint now, core::Slot replica);

  std::size_t running() const { return jobs_.size(); }

 private:
  using Ticks = std::int64_t;

  // A clock's reading: whole ticks, and the part of the next one that has passed, so that no rounding adds up.
  struct Clock {
    Ticks ticks = 0;
    double rest = 0;
    // Lets `span` pass, `slowdown` times slower than it does elsewhere.
    void pass(Ticks span, double slowdown);
    // Moves on to `at` unless it is there already.
    void reach(Ticks at);
  };
  // The reading of a clock at which something ends; of equals, the one that started first goes first.
  struct Due {
    Ticks at = 0;
    std::uint64_t order = 0;
    friend bool operator<(const Due& a, const Due& b) { return a.at != b.at ? a.at < b.at : a.order < b.order; }
  };
  struct Job {
    core::RequestId id{};
    core::Slot replica = 0;
    core::Slot place = 0;  // among the replica's
  };
  struct Replica {
    std::uint32_t running = 0;
    // Of a request that found the replica idle, and has been alone since: the way of all where a replica has one slot.
    bool is_alone = false;
    core::Slot alone = 0;  // in jobs_
    Due alone_due;
    // Of all others, by place: their ends, and where each lies in jobs_. Places are counted in each replica, so that
    // its tables are as long as it has slots, not as long as the machine has.
    core::IndexedHeap<Due> ends;
    std::vector<core::Slot> jobs;
    std::vector<core::Slot> free_places;
    Clock clock;           // its requests' progress
    Ticks read_at = 0;     // on the machine's clock
    double cpu_ticks = 0;  // CPU time used until then
    core::TimePoint wanted_at{};
    double wanted_ns = 0;  // CPU time that its requests would have used until then, each on a core of its own

    const Due& next_due() const { return is_alone ? alone_due : ends.top_key(); }
    core::Slot next_job() const { return is_alone ? alone : jobs[ends.top()]; }
  };

  core::Slot place_for(Replica& replica, core::Slot job);
  void enter(Replica& replica, core::Slot job, const Due& due);
  double slowdown(std::uint32_t running) const;
  double cores_of(std::uint32_t running) const;
  void advance(core::TimePoint now);
  void read(Replica& replica) const;
  void remove(core::Slot job);
  void count(std::uint32_t running, int change);
  void reschedule(core::Slot replica);

  double cores_;
  double cpu_;
  bool is_cpu_bound_;
  core::SlotTable<core::RequestId, Job> jobs_;
  std::vector<Replica> replicas_;
  core::IndexedHeap<Due> next_;  // by replica, on the machine's clock
  std::uint64_t started_ = 0;
  core::TimePoint now_{};
  Clock clock_;
  // What the demand for cores follows from, in whole numbers so that it does not drift: requests in replicas that have
  // CPUs enough, and replicas that have not.
  std::int64_t free_requests_ = 0;
  std::int64_t full_replicas_ = 0;
  double slowdown_ = 1;  // of the machine's clock: nanoseconds for a nanosecond of progress
};

}  // namespace tenfold::sim
