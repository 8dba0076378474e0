// What must hold of a service after every step, checked from outside: by what it was told and what it asked for.
//
// Written once, and used by every test that drives a core and by the fault simulations. It keeps its own small model of
// requests and replicas, which shares nothing with the core's, and says in words which promise a step broke.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "core/service.hpp"

namespace tenfold::check {

class Invariants {
 public:
  explicit Invariants(const core::Settings& settings)
      : settings_{settings}, slots_{settings.replica.is_concurrency_auto ? 1 : settings.replica.concurrency} {}

  // Takes one step of the core. Returns the first promise it broke, if any.
  std::optional<std::string> step(core::TimePoint now, const core::Event& event, const core::Actions& actions,
                                  const core::ServiceView& view);

  std::uint64_t answered() const { return answered_; }
  std::uint64_t rejected() const { return rejected_; }
  std::uint64_t cancelled() const { return cancelled_; }
  // Arrived and not yet ended.
  std::size_t open() const { return requests_.size(); }

 private:
  // Lost: its replica died with it in this step; by the step's end it waits again or is answered.
  enum class Stage : std::uint8_t { kWaiting, kRunning, kCancelling, kLost };
  struct Request {
    Stage stage = Stage::kWaiting;
    core::ReplicaId replica{};
    // Tries that count, and returns from replicas that had read nothing.
    int attempts = 0;
    bool has_had_slot = false;  // what comes back from one may stand before a full queue
    int returns = 0;
    core::TimePoint deadline{};
    // Of the last stay in a slot; of kLost.
    core::Outcome outcome{};
    // When its replica must have ended it; of kCancelling.
    core::TimePoint limit = core::kNever;
  };
  struct Replica {
    core::ReplicaState state = core::ReplicaState::kStarting;
    std::uint32_t running = 0;
    std::uint32_t wanted = 0;  // of these, those that somebody waits for
    core::RevisionId revision = core::kFirstRevision;
    core::TimePoint suspended_until{};
    core::Duration pause{};
    bool is_unready = false;
    bool cancels = false;
    bool is_warm = false;
  };

  void require(bool holds, const std::string& promise);
  static std::string name(core::RequestId id) { return "request " + std::to_string(core::to_number(id)); }
  static std::string name(core::ReplicaId id) { return "replica " + std::to_string(core::to_number(id)); }

  Request* find(core::RequestId id);
  Replica* find(core::ReplicaId id);

  // Whether the time of what ends now has passed: that is for TimerDue to say.
  bool is_over(core::TimePoint limit) const { return limit < now_ || (limit == now_ && timer_at_ == now_); }
  // Which can serve where `desired` are wanted: of the revision that is to serve next.
  bool is_next_ready(std::uint32_t desired) const;
  // Whether the shutdown's grace goes on: what waits is served as ever.
  bool is_ending() const { return shutting_down_ && !is_over(shutdown_limit_); }
  bool does_anything_wait() const;
  std::uint32_t active() const;
  bool is_active(const Replica& replica) const;
  // Whether a request was taken back from the replica that has not ended by its limit.
  bool holds_stuck(core::ReplicaId id) const;

  // ---- what the core was told

  void told(const core::RequestArrived& e);
  void told(const core::RequestCancelled& e) { leaves_ = e.request; }
  void told(const core::ResponseFinished& e);
  void told(const core::ReplicaReady& e);
  void told(const core::ProbeFailed& e);

  // What waits may stay, even if it is more than the new bound.
  void told(const core::ConfigChanged& e);
  void told(const core::ReplicaExited& e);
  void told(const core::ShutdownRequested&);
  template <class Event>
  void told(const Event&) {}

  // ---- what it asked for

  void asked(const core::Dispatch& a);
  void asked(const core::Reject& a);
  void asked(const core::CancelOnReplica& a);
  void asked(const core::StartReplica& a);
  void asked(const core::DrainReplica& a);
  void asked(const core::StopReplica& a);
  void asked(const core::RecordDecision& a);
  void asked(const core::ReserveReplica& a);
  void asked(const core::EnlistReplica& a);

  // ---- what must have followed by the end of the step

  void settled(const core::RequestCancelled& e);
  void settled(const core::ResponseFinished& e);
  void settled(const core::ProbeFailed& e);

  template <class Event>
  void settled(const Event&) {}

  void check_counts(const core::ServiceView& view);
  void check_withdrawn();

  // Late binding is greedy: nobody waits while a slot is free.
  void check_no_idle_slot();

  core::Settings settings_;
  core::TimePoint now_{};
  std::unordered_map<core::RequestId, Request> requests_;
  std::unordered_map<core::ReplicaId, Replica> replicas_;
  std::unordered_set<core::RequestId> withdrawn_;
  std::optional<std::string> broken_;
  std::uint64_t answered_ = 0;
  std::uint64_t rejected_ = 0;
  std::uint64_t cancelled_ = 0;
  std::uint32_t last_started_ = 0;
  std::uint32_t waiting_ = 0;
  std::uint32_t waiting_before_change_ = 0;
  std::uint32_t slots_;
  core::RevisionId revision_ = core::kFirstRevision;  // which serves
  core::RevisionId next_revision_{};
  core::ReplicaSettings next_settings_;
  bool owes_cancel_ = false;
  core::RequestId leaves_{};    // its client has left in this step
  core::ReplicaId must_end_{};  // its liveness probe failed in this step
  core::TimePoint timer_at_ = core::TimePoint::min();
  bool shutting_down_ = false;
  core::TimePoint shutdown_limit_ = core::kNever;
};

}  // namespace tenfold::check
