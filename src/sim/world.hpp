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
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "core/service.hpp"
#include "core/slot_table.hpp"
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
  // Replicas announce that they end a request whose connection is closed, as programs of the SDK do, and do it at once.
  // Others compute on.
  bool replicas_cancel = false;
  // All service times, times this.
  double service_scale = 1;
  std::vector<Scheduled> scheduled;  // in the order of their times
};

// Sees every step of the core.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  // The core takes its first step next.
  virtual void beginning(const core::Service&) {}
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
  enum class Kind : std::uint8_t { kReady, kExit, kSample, kLeave, kAbandon };
  struct Timed {
    core::TimePoint at{};
    std::uint64_t order = 0;  // equals in the order in which they were planned
    Kind kind = Kind::kReady;
    std::uint64_t subject = 0;  // a replica or a request
    friend bool operator>(const Timed& a, const Timed& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }
  };
  struct Request {
    core::RequestId id{};
    core::TimePoint arrived{};
    core::Duration service{};
    core::ReplicaId replica{};
    bool runs = false;
    bool has_ended = false;  // for its client, while it may still hold a slot
  };
  struct Replica {
    core::ReplicaId id{};
    std::vector<core::RequestId> running;
    // Of the last usage sample.
    core::TimePoint sampled{};
    core::Duration cpu_sampled{};
  };

  void begin();
  bool step_once();
  void arrive();
  void finish_one();
  void end_in_slot(core::RequestId id, core::Outcome outcome);
  void exit(core::ReplicaId id);
  void lose(core::RequestId id);
  void vacate(core::ReplicaId replica, core::RequestId id);
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

  core::TimePoint now_{};
  core::TimePoint zero_ = core::kNever;
  std::optional<Arrival> next_arrival_;
  std::uint64_t arrived_ = 0;
  std::size_t next_scheduled_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t planned_ = 0;
  bool samples_usage_ = false;
  std::priority_queue<Timed, std::vector<Timed>, std::greater<>> timed_;
  core::SlotTable<core::RequestId, Request> requests_;
  core::SlotTable<core::ReplicaId, Replica> replicas_;  // the processor's replicas are slots of this
  std::vector<core::ReplicaId> alive_;                  // in the order of their starts
  core::Actions actions_;
  std::vector<StepObserver*> observers_;
  std::function<bool(const Recorder&)> progress_;
};

}  // namespace tenfold::sim
