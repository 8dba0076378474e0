// How many replicas there are, of which revision, and how that changes: what the scale policy wants is decided,
// recorded with its reason and made so; what is lost is replaced, after a pause where starts fail; a new revision takes
// the place of the one that serves; and at the end all leave.
//
// The service's other half, requests and their slots, is in service.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/backoff.hpp"
#include "core/checkpoint.hpp"
#include "core/events.hpp"
#include "core/measured_slots.hpp"
#include "core/queue/request_table.hpp"
#include "core/replica_set.hpp"
#include "core/rollout.hpp"
#include "core/scaler.hpp"
#include "core/service_times.hpp"
#include "core/settings.hpp"
#include "core/step.hpp"

namespace tenfold::core {

class Fleet {
 public:
  // All three are the service's own and outlive the fleet. It changes of the settings those of replicas, when another
  // revision serves.
  Fleet(Settings& settings, const RequestTable& requests, const Step& step);
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;
  ~Fleet() = default;

  ReplicaSet& replicas() { return replicas_; }
  ServiceTimes& times() { return times_; }
  Scaler& scaler() { return scaler_; }
  std::uint32_t desired() const { return desired_; }
  std::uint32_t slots() const { return concurrency_.slots(); }
  RevisionId next_revision() const { return rollout_ ? rollout_->revision : RevisionId{}; }
  std::uint32_t start_failures() const { return backoff_.save().failures; }
  bool was_ever_ready() const { return ever_ready_; }
  bool is_shutting_down() const { return shutting_down_; }
  // At the end: nothing waits any more, so nothing is replaced and replicas leave as they run out of work.
  bool is_winding_down() const { return shutting_down_ && requests_.waiting() == 0; }
  bool is_grace_over() const { return replicas_.drain_limit() <= step_.now; }
  // Whether a replica that starts now could still serve somebody.
  bool may_start() const { return !is_winding_down() && !is_grace_over(); }

  // The first replicas.
  void start();
  // When something of the fleet is due by itself; kNever if nothing is.
  TimePoint next_deadline() const;
  // Whose time was over by `due` has had it.
  void run_timers(TimePoint due);
  // Asks the policy, if its time has come.
  void evaluate_if_due();
  // From no replica at all the first request starts one: it must not wait for the policy's next look.
  void activate();
  // A new revision serves as soon as it can.
  void promote_if_ready();
  // At the end, as soon as nothing waits.
  void wind_down();
  // As many replicas are kept warm as are to be. They start when all that are wanted are ready: no start is slowed by
  // one that nobody waits for.
  void keep_warm();

  void on(const ReplicaReady& ready);
  void on(const ReplicaExited& exited);
  void on(const ProbeFailed& failed);
  void on(const UsageSampled& sample);
  void on(const ShutdownRequested&);
  // `settings` are the new ones already, with the replicas of `before` where the revision does not serve.
  void reconfigure(const Settings& before, const ConfigChanged& changed);

  // A request leaves its slot in the replica, in which it was in `state`.
  void leave(ReplicaId replica, RequestState state, Outcome outcome);
  // The replica does not end a request that was taken back: it gets nothing new, another takes its place, and it is
  // ended when it has nothing else to do.
  void replace_stuck(ReplicaId replica, DecisionCause cause);

  void save(Checkpoint& checkpoint) const;
  void load(const Checkpoint& checkpoint);

 private:
  // What fails.
  void count_failure(const ReplicaRecord& replica);
  void make_up_for(const ReplicaRecord& replica);
  bool has_lived(const ReplicaRecord& replica) const;
  void give_up_on(Slot slot);
  void keep_count();

  // Slots of a replica.
  void measure_concurrency();
  void set_slots();

  // Revisions.
  void roll_out(RevisionId revision, const ReplicaSettings& settings);
  std::uint32_t wanted_standbys() const;
  void promote();
  void end_rollout(DecisionCause cause);

  // Replicas that leave.
  void stop(Slot slot, Duration grace);
  void retire(Slot slot);
  void retire_all(const std::vector<Slot>& slots);
  void end_if_done(Slot slot);
  Duration grace_left() const;

  // Decisions.
  void evaluate();
  std::uint32_t within_limits(std::uint32_t count) const;
  void decide(RecordDecision decision, std::uint32_t desired);
  void send_away(const std::vector<Slot>& slots, std::uint32_t reserves);
  void record(RecordDecision decision);
  std::uint32_t surplus() const;
  std::uint32_t missing() const;
  std::uint32_t missing_standbys() const;
  std::uint32_t missing(std::uint32_t current, std::uint32_t wanted, const Backoff& backoff) const;
  void start_missing();
  ReplicaId start_replica(RevisionId revision);

  // Warm replicas.
  std::uint32_t wanted_warm() const;
  bool is_complete() const;
  bool is_idle(Slot slot) const;
  void reserve(Slot slot);
  void enlist(Slot slot);

  Settings& settings_;
  const RequestTable& requests_;
  const Step& step_;
  bool shutting_down_ = false;
  bool ever_ready_ = false;
  std::uint32_t desired_ = 0;
  ReplicaSet replicas_;
  Backoff backoff_;
  std::optional<Rollout> rollout_;
  ServiceTimes times_;
  MeasuredSlots concurrency_;
  Scaler scaler_;
};

}  // namespace tenfold::core
