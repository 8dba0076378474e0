// The virtual world: clients, replicas and time around the same core::Service that the live world drives.
//
// There is no second queue and no second policy here: the world turns models into events, and carries the core's
// actions out in virtual time, as live/ does with sockets and processes.
//
//   World world{settings, std::move(models), options};
//   world.observe(collector);                // optional: sees every step
//   const Result result = world.run();
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "core/service.hpp"
#include "core/slot_table.hpp"
#include "sim/failures.hpp"
#include "sim/processor.hpp"
#include "sim/random.hpp"
#include "sim/recorder.hpp"
#include "sim/service_time.hpp"
#include "sim/spans.hpp"
#include "sim/workload.hpp"

namespace tenfold::sim {

// What the world is made of. Workload and service are needed.
struct Models {
  std::unique_ptr<Workload> workload;
  std::unique_ptr<ServiceTime> service;
  std::unique_ptr<Span> cold_start;  // none: replicas are ready at once
  std::unique_ptr<Span> patience;    // none: clients stay
  std::unique_ptr<Span> memory;      // of a request while it runs, a byte for a nanosecond; none: not looked at
  Failures failures;
  std::vector<std::string> class_names;  // of class n at n - 1
};

// An event from outside of all models, such as a timetable's, at its time since the workload's zero.
struct Scheduled {
  core::Duration at{};
  core::Event event;
};

struct WorldOptions {
  std::uint64_t seed = 1;
  // No request comes after so many, or after such a time.
  std::uint64_t requests = UINT64_MAX;
  core::Duration duration = core::Duration::max();
  // The world goes on at least so long, be there requests or not.
  core::Duration until{};
  // Clients give up, and deadlines pass, as in live/: this long after the arrival.
  core::Duration request_timeout = std::chrono::seconds{240};
  // Requests compute, on the cores of settings.machine and with the CPUs of settings.replica; else they only take time.
  bool is_cpu_bound = false;
  // Of the machine's cores, what others than the replicas have to themselves; less than there are.
  double cores_taken = 0;
  // Replicas announce that they end a request whose connection is closed, as programs of the SDK do, and do it at once.
  // Others compute on.
  bool replicas_cancel = false;
  // All service times, times this.
  double service_scale = 1;
  // A request that was lost with its replica may run again.
  bool is_safe_to_repeat = false;
  // Requests that come before this have passed count nowhere, and neither does what replicas cost until then.
  core::Duration warm_up{};
  // How often the policy polls; zero for one that does not. When it polls first after the workload's zero follows from
  // `poll_offset`, the time that has passed since a poll then; if it is not known it is drawn.
  core::Duration poll_period{};
  std::optional<core::Duration> poll_offset;
  // Of a replica without requests. Where requests have memory, one that has more than its limit is killed.
  core::Bytes idle_memory{};
  // Replicas that have room on the nodes; others wait for it before they start.
  std::uint32_t most_placed = UINT32_MAX;
  std::vector<Scheduled> scheduled;  // in the order of their times
};

// Sees every step of the core.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  // The core takes its first step next.
  virtual void beginning(const core::Service&) {}
  // The workload's time begins: the first request comes then or later. Class n has the name at n - 1, if there are any.
  virtual void opened(core::TimePoint /*zero*/, const std::vector<std::string>& /*class_names*/) {}
  virtual void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
                       const core::Service& service) = 0;
};

class World {
 public:
  World(const core::Settings& settings, Models models, WorldOptions options);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Borrowed; all are told in the order in which they were given.
  void observe(StepObserver& observer) { observers_.push_back(&observer); }
  // Called every 65,536 steps; false ends the run early.
  void on_progress(std::function<bool(const Recorder&)> progress) { progress_ = std::move(progress); }

  // Runs until the workload is over and every request has ended.
  Result run();

  // When the workload's time began: when the first replicas were ready.
  core::TimePoint zero() const { return zero_; }
  const core::Service& service() const { return service_; }

 private:
  enum class Kind : std::uint8_t { kReady, kExit, kKilled, kSample, kLeave, kAbandon, kReturn };
  struct Timed {
    core::TimePoint at{};
    std::uint64_t order = 0;  // equals in the order in which they were planned
    Kind kind = Kind::kReady;
    std::uint64_t subject = 0;  // a replica, a request or a client
    friend bool operator>(const Timed& a, const Timed& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }
  };
  struct Request {
    core::RequestId id{};
    core::TimePoint arrived{};
    core::Duration service{};
    core::Bytes memory{};
    core::ReplicaId replica{};
    core::RequestClass klass{};
    std::uint32_t client = 0;
    bool runs = false;
    bool has_ended = false;  // for its client, while it may still hold a slot

    Recorder::Counted counted() const { return {.arrived = arrived, .klass = klass}; }
  };
  struct Replica {
    core::ReplicaId id{};
    std::vector<core::RequestId> running;
    // Of the last usage sample.
    core::TimePoint sampled{};
    core::Duration cpu_sampled{};
    core::Duration cpu_wait_sampled{};
    std::uint64_t memory = 0;  // of its requests, in bytes
    bool was_ready = false;
  };

  void begin();
  bool step_once(core::TimePoint before = core::kNever);
  core::TimePoint zero_after(core::TimePoint ready);
  void arrive(const Arrival& arrival);
  void client_returns(std::uint32_t client);
  void client_ends(const Request& request, bool was_answered);
  void finish_one();
  void end_in_slot(core::RequestId id, core::Outcome outcome);
  void ready(core::ReplicaId id);
  void exit(const core::ReplicaExited& how);
  void place(core::ReplicaId replica);
  void fill(Replica& replica, core::Bytes memory);
  void lose(core::RequestId id, core::Outcome outcome);
  void vacate(const Request& request);
  void leave(core::RequestId id);
  void run_timed();
  void sample_usage();
  void step(const core::Event& event);
  void plan(core::TimePoint at, Kind kind, std::uint64_t subject);
  void fetch_arrival();
  bool is_over() const;

  void carry_out(const core::Dispatch& action);
  void carry_out(const core::Reject& action);
  void carry_out(const core::CancelOnReplica& action);
  void carry_out(const core::StartReplica& action);
  void carry_out(const core::DrainReplica&) {}
  void carry_out(const core::ReserveReplica&) {}
  void carry_out(const core::EnlistReplica&) {}
  void carry_out(const core::StopReplica& action);
  void carry_out(const core::RecordDecision& action);

  Models models_;
  WorldOptions options_;
  core::Service service_;
  Processor processor_;
  Recorder recorder_;
  Random service_random_;
  Random cold_start_random_;
  Random patience_random_;
  Random memory_random_;
  Random failure_random_;

  core::TimePoint now_{};
  core::TimePoint zero_ = core::kNever;
  std::optional<Arrival> next_arrival_;
  std::uint64_t arrived_ = 0;
  std::size_t next_scheduled_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t planned_ = 0;
  bool samples_usage_ = false;
  std::uint64_t returning_ = 0;  // clients that will come again
  bool went_beyond_time_ = false;
  std::uint32_t placed_ = 0;
  std::deque<core::ReplicaId> unplaced_;  // that wait for room on a node, in their order
  std::priority_queue<Timed, std::vector<Timed>, std::greater<>> timed_;
  core::SlotTable<core::RequestId, Request> requests_;
  core::SlotTable<core::ReplicaId, Replica> replicas_;  // the processor's replicas are slots of this
  std::vector<core::ReplicaId> alive_;                  // in the order of their starts
  core::Actions actions_;
  std::vector<StepObserver*> observers_;
  std::function<bool(const Recorder&)> progress_;
};

}  // namespace tenfold::sim
