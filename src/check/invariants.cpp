#include "check/invariants.hpp"

#include <algorithm>
#include <variant>

namespace tenfold::check {

std::optional<std::string> Invariants::step(core::TimePoint now, const core::Event& event, const core::Actions& actions,
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

void Invariants::require(bool holds, const std::string& promise) {
  if (!holds && !broken_) broken_ = promise;
}

Invariants::Request* Invariants::find(core::RequestId id) {
  const auto entry = requests_.find(id);
  return entry == requests_.end() ? nullptr : &entry->second;
}

Invariants::Replica* Invariants::find(core::ReplicaId id) {
  const auto entry = replicas_.find(id);
  return entry == replicas_.end() ? nullptr : &entry->second;
}

void Invariants::told(const core::RequestArrived& e) { requests_.emplace(e.request, Request{.deadline = e.deadline}); }

void Invariants::told(const core::ResponseFinished& e) {
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

void Invariants::told(const core::ReplicaReady& e) {
  Replica* replica = find(e.replica);
  if (!replica) return;
  if (replica->state == core::ReplicaState::kStarting) replica->state = core::ReplicaState::kReady;
  replica->is_unready = false;
}

void Invariants::told(const core::ProbeFailed& e) {
  Replica* replica = find(e.replica);
  must_end_ = false;
  if (!replica) return;
  const bool serves = replica->state == core::ReplicaState::kReady || replica->state == core::ReplicaState::kDraining;
  must_end_ = serves && e.probe == core::Probe::kLiveness;
  if (replica->state == core::ReplicaState::kReady) replica->is_unready = true;
}

void Invariants::told(const core::ConfigChanged& e) {
  settings_ = *e.settings;
  waiting_before_change_ = waiting_;
  const bool keeps_slots = settings_.replica.is_concurrency_auto;
  if (!keeps_slots) slots_ = settings_.replica.concurrency;
}

void Invariants::told(const core::ReplicaExited& e) { replicas_.erase(e.replica); }

void Invariants::told(const core::ShutdownRequested&) { shutting_down_ = true; }

void Invariants::asked(const core::Dispatch& a) {
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

void Invariants::asked(const core::Reject& a) {
  Request* request = find(a.request);
  if (!request) return require(false, name(a.request) + " is answered twice");
  require(request->stage != Stage::kCancelling, name(a.request) + " is answered after it was taken back");
  ++rejected_;
  owes_cancel_ = request->stage == Stage::kRunning;
  if (!owes_cancel_) requests_.erase(a.request);
}

void Invariants::asked(const core::CancelOnReplica& a) {
  Request* request = find(a.request);
  if (!request) return require(false, name(a.request) + " is taken back and has ended");
  require(request->stage == Stage::kRunning, name(a.request) + " is taken back and does not run");
  require(request->replica == a.replica, name(a.request) + " is taken back from the wrong replica");
  request->stage = Stage::kCancelling;
  owes_cancel_ = false;
}

void Invariants::asked(const core::StartReplica& a) {
  require(replicas_.emplace(a.replica, Replica{}).second, name(a.replica) + " is started twice");
  require(core::to_number(a.replica) > last_started_, name(a.replica) + " has the name of an earlier one");
  require(!shutting_down_, name(a.replica) + " is started during shutdown");
  last_started_ = core::to_number(a.replica);
}

void Invariants::asked(const core::DrainReplica& a) {
  Replica* replica = find(a.replica);
  if (!replica) return require(false, name(a.replica) + " is drained and does not exist");
  require(replica->state == core::ReplicaState::kReady, name(a.replica) + " is drained and is not ready");
  replica->state = core::ReplicaState::kDraining;
}

void Invariants::asked(const core::StopReplica& a) {
  Replica* replica = find(a.replica);
  if (!replica) return require(false, name(a.replica) + " is stopped and does not exist");
  require(replica->state != core::ReplicaState::kReady, name(a.replica) + " is stopped without a drain");
  require(replica->state != core::ReplicaState::kStopping, name(a.replica) + " is stopped twice");
  require(a.grace == core::Duration::zero() || replica->running == 0, name(a.replica) + " is stopped while it works");
  replica->state = core::ReplicaState::kStopping;
}

void Invariants::asked(const core::RecordDecision& a) {
  const bool in_range = a.desired >= settings_.scale.min_replicas && a.desired <= settings_.scale.max_replicas;
  require(shutting_down_ || in_range, "a desired count lies outside of min..max");
  const bool is_auto = settings_.replica.is_concurrency_auto;
  require(is_auto || a.slots == settings_.replica.concurrency, "a replica has other slots than it was given");
  slots_ = a.slots;
}

void Invariants::settled(const core::RequestCancelled& e) {
  Request* request = find(e.request);
  if (!request) return;
  require(request->stage != Stage::kRunning, name(e.request) + " was cancelled and its replica is not told");
  if (request->stage != Stage::kWaiting) return;
  ++cancelled_;
  requests_.erase(e.request);
}

void Invariants::settled(const core::ResponseFinished& e) {
  Request* request = find(e.request);
  if (request && request->stage == Stage::kLost) request->stage = Stage::kWaiting;
}

void Invariants::settled(const core::ProbeFailed& e) {
  const Replica* replica = find(e.replica);
  require(!must_end_ || replica->state == core::ReplicaState::kStopping,
          name(e.replica) + " does not live and is kept");
}

void Invariants::check_counts(const core::ServiceView& view) {
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

void Invariants::check_no_idle_slot() {
  if (waiting_ == 0) return;
  for (const auto& [id, replica] : replicas_) {
    const bool can_take = replica.state == core::ReplicaState::kReady && replica.suspended_until <= now_ &&
                          !replica.is_unready && replica.running < slots_;
    require(!can_take, name(id) + " has a free slot while a request waits");
  }
}

}  // namespace tenfold::check
