// What must hold of a service after every step, checked from outside: by what it was told and what it asked for.
//
// Written once, and used by every test that drives a core. It keeps its own small model of requests and replicas,
// which shares nothing with the core's, and says in words which promise a step broke.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>

#include "core/service.hpp"

namespace tenfold::test {

class Invariants {
 public:
  explicit Invariants(const core::Settings& settings)
      : settings_{settings}, slots_{settings.replica.is_concurrency_auto ? 1 : settings.replica.concurrency} {}

  // Takes one step of the core. Returns the first promise it broke, if any.
  std::optional<std::string> step(core::TimePoint now, const core::Event& event, const core::Actions& actions,
                                  const core::ServiceView& view) {
    now_ = now;
    std::visit([this](const auto& e) { told(e); }, event);
    for (const core::Action& action : actions) {
      const bool is_cancel = std::holds_alternative<core::CancelOnReplica>(action);
      require(!owes_cancel_ || is_cancel, "a running request is answered and its replica is not told");
      std::visit([this](const auto& a) { asked(a); }, action);
    }
    std::visit([this](const auto& e) { settled(e); }, event);
    check_counts(view);
    check_no_idle_slot();
    return broken_;
  }

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
    int dispatches = 0;
    core::TimePoint deadline{};
  };
  struct Replica {
    core::ReplicaState state = core::ReplicaState::kStarting;
    std::uint32_t running = 0;
    core::TimePoint suspended_until{};
    bool is_unready = false;
  };

  void require(bool holds, const std::string& promise) {
    if (!holds && !broken_) broken_ = promise;
  }
  static std::string name(core::RequestId id) { return "request " + std::to_string(core::to_number(id)); }
  static std::string name(core::ReplicaId id) { return "replica " + std::to_string(core::to_number(id)); }

  Request* find(core::RequestId id) {
    const auto entry = requests_.find(id);
    return entry == requests_.end() ? nullptr : &entry->second;
  }
  Replica* find(core::ReplicaId id) {
    const auto entry = replicas_.find(id);
    return entry == replicas_.end() ? nullptr : &entry->second;
  }

  // ---- what the core was told

  void told(const core::RequestArrived& e) { requests_.emplace(e.request, Request{.deadline = e.deadline}); }

  void told(const core::ResponseFinished& e) {
    Request* request = find(e.request);
    if (!request || request->stage == Stage::kWaiting || request->replica != e.replica) return;
    const bool is_loss = e.outcome != core::Outcome::kAnswered && e.outcome != core::Outcome::kAbandoned;
    if (Replica* replica = find(e.replica)) {
      --replica->running;
      if (is_loss && replica->state == core::ReplicaState::kReady) {
        replica->suspended_until = now_ + settings_.replica.suspension;
      }
    }
    if (request->stage == Stage::kRunning && is_loss) {
      request->stage = Stage::kLost;
      return;
    }
    ++(request->stage == Stage::kRunning ? answered_ : cancelled_);
    requests_.erase(e.request);
  }

  void told(const core::ReplicaReady& e) {
    Replica* replica = find(e.replica);
    if (!replica) return;
    if (replica->state == core::ReplicaState::kStarting) replica->state = core::ReplicaState::kReady;
    replica->is_unready = false;
  }

  void told(const core::ProbeFailed& e) {
    Replica* replica = find(e.replica);
    must_end_ = false;
    if (!replica) return;
    const bool serves = replica->state == core::ReplicaState::kReady || replica->state == core::ReplicaState::kDraining;
    must_end_ = serves && e.probe == core::Probe::kLiveness;
    if (replica->state == core::ReplicaState::kReady) replica->is_unready = true;
  }

  // What waits may stay, even if it is more than the new bound.
  void told(const core::ConfigChanged& e) {
    settings_ = *e.settings;
    waiting_before_change_ = waiting_;
    const bool keeps_slots = settings_.replica.is_concurrency_auto;
    if (!keeps_slots) slots_ = settings_.replica.concurrency;
  }

  void told(const core::ReplicaExited& e) { replicas_.erase(e.replica); }
  void told(const core::ShutdownRequested&) { shutting_down_ = true; }
  template <class Event>
  void told(const Event&) {}

  // ---- what it asked for

  void asked(const core::Dispatch& a) {
    Request* request = find(a.request);
    if (!request) return require(false, name(a.request) + " is dispatched and has ended or never arrived");
    const bool waits = request->stage == Stage::kWaiting || request->stage == Stage::kLost;
    require(waits, name(a.request) + " is dispatched twice");
    require(++request->dispatches <= 2, name(a.request) + " is dispatched more than twice");
    require(a.attempt == request->dispatches, name(a.request) + " has a wrong attempt number");
    require(request->deadline > now_, name(a.request) + " is dispatched after its deadline");
    request->stage = Stage::kRunning;
    request->replica = a.replica;

    Replica* replica = find(a.replica);
    if (!replica) return require(false, name(a.replica) + " gets a request and does not exist");
    require(replica->state == core::ReplicaState::kReady, name(a.replica) + " gets a request and is not ready");
    require(replica->suspended_until <= now_, name(a.replica) + " gets a request and is suspended");
    require(!replica->is_unready, name(a.replica) + " gets a request and its probe failed");
    require(++replica->running <= slots_, name(a.replica) + " has more requests than slots");
  }

  void asked(const core::Reject& a) {
    Request* request = find(a.request);
    if (!request) return require(false, name(a.request) + " is answered twice");
    require(request->stage != Stage::kCancelling, name(a.request) + " is answered after it was taken back");
    ++rejected_;
    owes_cancel_ = request->stage == Stage::kRunning;
    if (!owes_cancel_) requests_.erase(a.request);
  }

  void asked(const core::CancelOnReplica& a) {
    Request* request = find(a.request);
    if (!request) return require(false, name(a.request) + " is taken back and has ended");
    require(request->stage == Stage::kRunning, name(a.request) + " is taken back and does not run");
    require(request->replica == a.replica, name(a.request) + " is taken back from the wrong replica");
    request->stage = Stage::kCancelling;
    owes_cancel_ = false;
  }

  void asked(const core::StartReplica& a) {
    require(replicas_.emplace(a.replica, Replica{}).second, name(a.replica) + " is started twice");
    require(core::to_number(a.replica) > last_started_, name(a.replica) + " has the name of an earlier one");
    require(!shutting_down_, name(a.replica) + " is started during shutdown");
    last_started_ = core::to_number(a.replica);
  }

  void asked(const core::DrainReplica& a) {
    Replica* replica = find(a.replica);
    if (!replica) return require(false, name(a.replica) + " is drained and does not exist");
    require(replica->state == core::ReplicaState::kReady, name(a.replica) + " is drained and is not ready");
    replica->state = core::ReplicaState::kDraining;
  }

  void asked(const core::StopReplica& a) {
    Replica* replica = find(a.replica);
    if (!replica) return require(false, name(a.replica) + " is stopped and does not exist");
    require(replica->state != core::ReplicaState::kReady, name(a.replica) + " is stopped without a drain");
    require(replica->state != core::ReplicaState::kStopping, name(a.replica) + " is stopped twice");
    require(a.grace == core::Duration::zero() || replica->running == 0, name(a.replica) + " is stopped while it works");
    replica->state = core::ReplicaState::kStopping;
  }

  void asked(const core::RecordDecision& a) {
    const bool in_range = a.desired >= settings_.scale.min_replicas && a.desired <= settings_.scale.max_replicas;
    require(shutting_down_ || in_range, "a desired count lies outside of min..max");
    const bool is_auto = settings_.replica.is_concurrency_auto;
    require(is_auto || a.slots == settings_.replica.concurrency, "a replica has other slots than it was given");
    slots_ = a.slots;
  }

  // ---- what must have followed by the end of the step

  void settled(const core::RequestCancelled& e) {
    Request* request = find(e.request);
    if (!request) return;
    require(request->stage != Stage::kRunning, name(e.request) + " was cancelled and its replica is not told");
    if (request->stage != Stage::kWaiting) return;
    ++cancelled_;
    requests_.erase(e.request);
  }

  void settled(const core::ResponseFinished& e) {
    Request* request = find(e.request);
    if (request && request->stage == Stage::kLost) request->stage = Stage::kWaiting;
  }

  void settled(const core::ProbeFailed& e) {
    const Replica* replica = find(e.replica);
    require(!must_end_ || replica->state == core::ReplicaState::kStopping,
            name(e.replica) + " does not live and is kept");
  }

  template <class Event>
  void settled(const Event&) {}

  void check_counts(const core::ServiceView& view) {
    require(!owes_cancel_, "a running request is answered and its replica is not told");
    require(view.waiting + view.running == requests_.size(), "the core counts other requests than were admitted");
    waiting_before_change_ = std::min(waiting_before_change_, view.waiting);
    const std::uint32_t bound = std::max(settings_.queue.max_waiting, waiting_before_change_);
    if (view.waiting > bound) {
      std::uint32_t first_time = 0;
      for (const auto& [id, request] : requests_) {
        first_time += request.stage == Stage::kWaiting && request.dispatches == 0 ? 1 : 0;
      }
      require(first_time <= bound, "more requests wait than the queue holds");
    }
    const std::uint32_t active = view.starting + view.ready;
    require(view.starting + view.ready + view.draining + view.stopping == replicas_.size(),
            "the core counts other replicas than exist");
    require(active <= settings_.scale.max_replicas, "more replicas than max");
    const bool pauses = view.start_failures > 0;
    require(active >= settings_.scale.min_replicas || pauses || view.shutting_down, "fewer replicas than min");
    require(!view.shutting_down || view.waiting == 0, "a request waits during shutdown");
    waiting_ = view.waiting;
  }

  // Late binding is greedy: nobody waits while a slot is free.
  void check_no_idle_slot() {
    if (waiting_ == 0) return;
    for (const auto& [id, replica] : replicas_) {
      const bool can_take = replica.state == core::ReplicaState::kReady && replica.suspended_until <= now_ &&
                            !replica.is_unready && replica.running < slots_;
      require(!can_take, name(id) + " has a free slot while a request waits");
    }
  }

  core::Settings settings_;
  core::TimePoint now_{};
  std::unordered_map<core::RequestId, Request> requests_;
  std::unordered_map<core::ReplicaId, Replica> replicas_;
  std::optional<std::string> broken_;
  std::uint64_t answered_ = 0;
  std::uint64_t rejected_ = 0;
  std::uint64_t cancelled_ = 0;
  std::uint32_t last_started_ = 0;
  std::uint32_t waiting_ = 0;
  std::uint32_t waiting_before_change_ = 0;
  std::uint32_t slots_;
  bool owes_cancel_ = false;
  bool must_end_ = false;
  bool shutting_down_ = false;
};

}  // namespace tenfold::test
