#include "check/invariants.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/rollout.hpp"

namespace tenfold::check {

namespace {

bool is_loss(core::Outcome outcome) {
  return outcome != core::Outcome::kAnswered && outcome != core::Outcome::kAbandoned;
}

}  // namespace

std::optional<std::string> Invariants::step(core::TimePoint now, const core::Event& event, const core::Actions& actions,
                                            const core::ServiceView& view) {
  now_ = now;
  if (std::holds_alternative<core::TimerDue>(event)) timer_at_ = now;
  must_end_ = {};
  leaves_ = {};
  std::visit([this](const auto& e) { told(e); }, event);
  for (const core::Action& action : actions) {
    const bool is_cancel = std::holds_alternative<core::CancelOnReplica>(action);
    require(!owes_cancel_ || is_cancel, "a running request is answered and its replica is not told");
    std::visit([this](const auto& a) { asked(a); }, action);
  }
  std::visit([this](const auto& e) { settled(e); }, event);
  check_counts(view);
  check_withdrawn();
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
  const bool is_wanted = request->stage == Stage::kRunning;
  if (Replica* replica = find(e.replica)) {
    --replica->running;
    if (is_wanted) --replica->wanted;
    if (e.outcome == core::Outcome::kAnswered || e.outcome == core::Outcome::kBadAnswer) replica->pause = {};
    if (e.outcome == core::Outcome::kBusy && replica->suspended_until <= now_) {
      replica->pause = std::clamp(2 * replica->pause, core::Duration{5'000'000}, core::Duration{1'000'000'000});
      replica->suspended_until = now_ + replica->pause;
    }
  }
  if (is_wanted && is_loss(e.outcome)) {
    request->stage = Stage::kLost;
    request->outcome = e.outcome;
    const bool returns = e.outcome == core::Outcome::kNotSent && request->returns++ < 10;
    if (returns || e.outcome == core::Outcome::kBusy) --request->attempts;
    return;
  }
  ++(is_wanted ? answered_ : cancelled_);
  withdrawn_.erase(e.request);
  requests_.erase(e.request);
}

void Invariants::told(const core::ReplicaReady& e) {
  Replica* replica = find(e.replica);
  if (!replica) return;
  if (replica->state == core::ReplicaState::kStarting) {
    replica->state = core::ReplicaState::kReady;
    replica->cancels = e.cancels;
  }
  replica->is_unready = false;
}

void Invariants::told(const core::ProbeFailed& e) {
  Replica* replica = find(e.replica);
  if (!replica) return;
  const bool serves = replica->state == core::ReplicaState::kReady || replica->state == core::ReplicaState::kDraining;
  if (serves && e.probe == core::Probe::kLiveness) must_end_ = e.replica;
  if (replica->state == core::ReplicaState::kReady) replica->is_unready = true;
}

void Invariants::told(const core::ConfigChanged& e) {
  const core::ReplicaSettings before = settings_.replica;
  settings_ = *e.settings;
  if (e.revision != revision_) {
    next_revision_ = e.revision;
    next_settings_ = std::exchange(settings_.replica, before);
  }
  waiting_before_change_ = waiting_;
  const bool keeps_slots = settings_.replica.is_concurrency_auto;
  if (!keeps_slots) slots_ = settings_.replica.concurrency;
}

void Invariants::told(const core::ReplicaExited& e) { replicas_.erase(e.replica); }

void Invariants::told(const core::ShutdownRequested&) {
  if (shutting_down_) return;
  shutting_down_ = true;
  shutdown_limit_ = now_ + settings_.replica.grace;
}

void Invariants::asked(const core::Dispatch& a) {
  Request* request = find(a.request);
  if (!request) return require(false, name(a.request) + " is dispatched and has ended or never arrived");
  const bool waits = request->stage == Stage::kWaiting || request->stage == Stage::kLost;
  require(waits, name(a.request) + " is dispatched twice");
  const bool was_read = request->stage == Stage::kLost && request->outcome == core::Outcome::kBadAnswer;
  require(!was_read, name(a.request) + " was worked on and is dispatched again");
  require(++request->attempts <= 2, name(a.request) + " is tried more than twice");
  require(a.attempt == request->attempts, name(a.request) + " has a wrong attempt number");
  require(request->deadline > now_, name(a.request) + " is dispatched after its deadline");
  request->stage = Stage::kRunning;
  request->has_had_slot = true;
  request->replica = a.replica;

  Replica* replica = find(a.replica);
  if (!replica) return require(false, name(a.replica) + " gets a request and does not exist");
  require(replica->state == core::ReplicaState::kReady, name(a.replica) + " gets a request and is not ready");
  require(replica->suspended_until <= now_, name(a.replica) + " gets a request and is busy");
  require(!replica->is_unready, name(a.replica) + " gets a request and its probe failed");
  require(replica->revision == revision_, name(a.replica) + " gets a request and its revision does not serve");
  require(!replica->is_warm, name(a.replica) + " gets a request and is only kept warm");
  require(++replica->running <= slots_, name(a.replica) + " has more requests than slots");
  ++replica->wanted;
}

void Invariants::asked(const core::Reject& a) {
  Request* request = find(a.request);
  if (!request) return require(false, name(a.request) + " is answered twice");
  require(request->stage != Stage::kCancelling, name(a.request) + " is answered after it was taken back");
  const bool is_late = a.reason == core::RejectReason::kDeadlinePassed;
  const bool may_still_be_answered = request->stage == Stage::kRunning && !is_over(request->deadline);
  require(!is_late || !may_still_be_answered, name(a.request) + " is refused before its deadline has passed");
  const bool was_busy = request->stage == Stage::kLost && request->outcome == core::Outcome::kBusy;
  const bool is_for_end = a.reason == core::RejectReason::kShuttingDown;
  require(!is_for_end || now_ >= shutdown_limit_,
          name(a.request) + " is refused for the end before the grace has passed");
  const bool is_given_up = is_late || is_for_end;
  require(!was_busy || is_given_up, name(a.request) + " is lost to a replica that was only busy");
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
  withdrawn_.insert(a.request);
  const bool closes = a.how == core::CancelHow::kClose;
  const core::TimePoint from = closes ? now_ : std::max(now_, request->deadline);
  request->limit = from == core::kNever ? core::kNever : from + settings_.replica.cancel_grace;
  Replica* replica = find(a.replica);
  const bool may_close = settings_.replica.cancel == core::CancelMode::kClose || (replica && replica->cancels);
  require(closes == may_close, name(a.request) + " is taken back in a way that its replica does not know");
  if (replica) --replica->wanted;
}

bool Invariants::holds_stuck(core::ReplicaId id) const {
  return std::ranges::any_of(withdrawn_, [&](core::RequestId withdrawn) {
    const Request& request = requests_.at(withdrawn);
    const bool is_killed = settings_.replica.cancel == core::CancelMode::kKill;
    return request.replica == id && (is_killed || is_over(request.limit));
  });
}

bool Invariants::does_anything_wait() const {
  return std::ranges::any_of(requests_, [this](const auto& entry) {
    const Stage stage = entry.second.stage;
    return (stage == Stage::kWaiting || stage == Stage::kLost) && entry.first != leaves_;
  });
}

std::uint32_t Invariants::active() const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(replicas_, [this](const auto& entry) { return is_active(entry.second); }));
}

bool Invariants::is_active(const Replica& replica) const {
  return replica.state <= core::ReplicaState::kReady && replica.revision == revision_ && !replica.is_warm;
}

void Invariants::asked(const core::StartReplica& a) {
  require(replicas_.emplace(a.replica, Replica{.revision = a.revision}).second, name(a.replica) + " is started twice");
  require(a.revision == revision_ || a.revision == next_revision_, name(a.replica) + " is of a revision that is over");
  require(core::to_number(a.replica) > last_started_, name(a.replica) + " has the name of an earlier one");
  require(!shutting_down_ || (now_ < shutdown_limit_ && does_anything_wait()),
          name(a.replica) + " is started during shutdown for nobody");
  last_started_ = core::to_number(a.replica);
}

void Invariants::asked(const core::DrainReplica& a) {
  Replica* replica = find(a.replica);
  if (!replica) return require(false, name(a.replica) + " is drained and does not exist");
  require(replica->state == core::ReplicaState::kReady, name(a.replica) + " is drained and is not ready");
  const bool has_to =
      must_end_ == a.replica || replica->revision != revision_ || replica->is_warm || holds_stuck(a.replica);
  const bool is_chosen = replica->wanted > 0 && !has_to;
  const auto is_idle = [this](const auto& other) { return is_active(other.second) && other.second.wanted == 0; };
  require(!is_chosen || std::ranges::none_of(replicas_, is_idle),
          name(a.replica) + " is sent away and another is idle");
  const bool is_told = has_to || active() > settings_.scale.max_replicas;
  require(!is_ending() || is_told || !does_anything_wait(),
          name(a.replica) + " is sent away for the end while a request waits");
  replica->state = core::ReplicaState::kDraining;
}

void Invariants::asked(const core::StopReplica& a) {
  Replica* replica = find(a.replica);
  if (!replica) return require(false, name(a.replica) + " is stopped and does not exist");
  require(replica->state != core::ReplicaState::kReady, name(a.replica) + " is stopped without a drain");
  require(replica->state != core::ReplicaState::kStopping, name(a.replica) + " is stopped twice");
  const bool has_failed = must_end_ == a.replica;  // what it has may still end within the grace
  require(has_failed || a.grace == core::Duration::zero() || replica->running == 0,
          name(a.replica) + " is stopped while it works");
  const bool must_end = has_failed || is_over(shutdown_limit_);
  require(must_end || replica->wanted == 0, name(a.replica) + " is stopped while somebody waits for its answer");
  require(must_end || replica->running == 0 || holds_stuck(a.replica), name(a.replica) + " is stopped too early");
  replica->state = core::ReplicaState::kStopping;
}

void Invariants::asked(const core::ReserveReplica& a) {
  Replica* replica = find(a.replica);
  if (!replica) return require(false, name(a.replica) + " is kept warm and does not exist");
  require(is_active(*replica), name(a.replica) + " is kept warm and does not serve");
  require(replica->running == 0, name(a.replica) + " is kept warm while it works");
  replica->is_warm = true;
}

void Invariants::asked(const core::EnlistReplica& a) {
  Replica* replica = find(a.replica);
  if (!replica) return require(false, name(a.replica) + " is enlisted and does not exist");
  require(replica->is_warm && replica->state <= core::ReplicaState::kReady,
          name(a.replica) + " is enlisted and was not kept warm");
  replica->is_warm = false;
}

bool Invariants::is_next_ready(std::uint32_t desired) const {
  const auto can_serve = [this](const auto& other) {
    const Replica& replica = other.second;
    return replica.revision == next_revision_ && replica.state == core::ReplicaState::kReady && !replica.is_unready;
  };
  return std::ranges::count_if(replicas_, can_serve) >= std::max(1U, desired);
}

void Invariants::asked(const core::RecordDecision& a) {
  if (a.cause == core::DecisionCause::kPromoted) {
    require(a.revision == next_revision_, "a revision serves that nobody asked for");
    require(is_next_ready(a.desired), "a revision serves before it is ready");
    revision_ = std::exchange(next_revision_, {});
    settings_.replica = next_settings_;
  }
  if (a.cause == core::DecisionCause::kRolledBack || a.cause == core::DecisionCause::kWithdrawn) {
    require(a.cause == core::DecisionCause::kWithdrawn || a.failures >= core::kHopelessStarts,
            "a revision is given up that may still start");
    if (a.revision == next_revision_) next_revision_ = {};
  }
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
  require(must_end_ != e.replica || replica->state == core::ReplicaState::kStopping,
          name(e.replica) + " does not live and is kept");
}

void Invariants::check_counts(const core::ServiceView& view) {
  require(!owes_cancel_, "a running request is answered and its replica is not told");
  require(view.withdrawn == withdrawn_.size(), "the core counts other requests than were taken back");
  require(view.waiting + view.running == requests_.size(), "the core counts other requests than were admitted");
  waiting_before_change_ = std::min(waiting_before_change_, view.waiting);
  const std::uint32_t bound = std::max(settings_.queue.max_waiting, waiting_before_change_);
  if (view.waiting > bound) {
    std::uint32_t first_time = 0;
    for (const auto& [id, request] : requests_) {
      first_time += request.stage == Stage::kWaiting && !request.has_had_slot ? 1 : 0;
    }
    require(first_time <= bound, "more requests wait than the queue holds");
  }
  const std::uint32_t active = view.starting + view.ready;
  require(active + view.draining + view.stopping + view.standbys + view.warm == replicas_.size(),
          "the core counts other replicas than exist");
  require(view.revision == revision_, "another revision serves than was told");
  require(view.standbys == 0 || view.next_revision == next_revision_, "replicas are left of a revision that is over");
  require(active + view.warm <= settings_.scale.max_replicas, "more replicas than max");
  require(view.warm == 0 || active >= view.desired, "a replica is kept warm that is wanted");
  const bool pauses = view.start_failures > 0;
  const bool is_complete = view.starting == 0 && view.ready >= view.desired && !pauses && !view.shutting_down;
  const std::uint32_t room = settings_.scale.max_replicas - std::min(view.desired, settings_.scale.max_replicas);
  require(!is_complete || view.warm == std::min(settings_.scale.warm, room),
          "another count is kept warm than is to be");
  require(active >= settings_.scale.min_replicas || pauses || view.shutting_down, "fewer replicas than min");
  require(active > 0 || pauses || view.waiting == 0, "a request waits and no replica is there or comes");
  require(view.waiting == 0 || !is_over(shutdown_limit_), "a request waits after the grace of the shutdown");
  waiting_ = view.waiting;
}

// What was taken back and does not end makes its replica unhealthy.
void Invariants::check_withdrawn() {
  for (const core::RequestId id : withdrawn_) {
    const Request& request = requests_.at(id);
    const Replica* replica = find(request.replica);
    const bool serves = replica && replica->state == core::ReplicaState::kReady;
    require(!serves || !is_over(request.limit),
            name(request.replica) + " serves on with a request that it should have ended");
  }
}

void Invariants::check_no_idle_slot() {
  if (waiting_ == 0) return;
  for (const auto& [id, replica] : replicas_) {
    const bool can_take = replica.state == core::ReplicaState::kReady && replica.suspended_until <= now_ &&
                          !replica.is_unready && replica.running < slots_ && is_active(replica);
    require(!can_take, name(id) + " has a free slot while a request waits");
  }
}

}  // namespace tenfold::check
