#include "core/service.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/fleet.hpp"
#include "core/queue/admission.hpp"
#include "core/queue/request_table.hpp"
#include "core/retry.hpp"
#include "core/step.hpp"

namespace tenfold::core {

class Service::Impl {
 public:
  explicit Impl(const Settings& settings)
      : settings_{settings},
        requests_{settings.queue},
        fleet_{settings_, requests_, step_},
        admission_{settings_, requests_, fleet_.replicas(), fleet_.times()} {}

  explicit Impl(const Checkpoint& checkpoint) : Impl{checkpoint.settings} {
    started_ = checkpoint.started;
    requests_.load(checkpoint);
    fleet_.load(checkpoint);
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() = default;

  void handle(TimePoint now, const Event& event, Actions& out) {
    step_ = {.now = now, .out = &out};
    if (!std::exchange(started_, true)) fleet_.start();
    scaler_.advance(now);
    const auto take = [&] { std::visit([this](const auto& e) { on(e); }, event); };
    // More may be told of this instant: its own deadlines pass with TimerDue.
    const TimePoint due = std::holds_alternative<TimerDue>(event) ? now : now - Duration{1};
    if (may_fulfil(event)) {
      take();
      run_timers(due);
    } else {
      run_timers(due);
      fleet_.evaluate_if_due();
      take();
    }
    fleet_.promote_if_ready();
    dispatch();
    fleet_.activate();
    fleet_.wind_down();
    scaler_.settle(now);
    fleet_.evaluate_if_due();
    fleet_.promote_if_ready();
    fleet_.keep_warm();
    dispatch();  // to what serves since then
  }

  TimePoint next_deadline() const {
    return started_ ? std::min(requests_.next_deadline(), fleet_.next_deadline()) : TimePoint{};
  }

  Levels levels() const {
    const ReplicaCounts& counts = replicas_.counts();
    return {.waiting = requests_.waiting(),
            .running = requests_.running(),
            .starting = counts.starting,
            .ready = counts.ready,
            .desired = fleet_.desired()};
  }

  ServiceView view() const {
    const ReplicaCounts& counts = replicas_.counts();
    return {.waiting = requests_.waiting(),
            .running = requests_.running(),
            .withdrawn = requests_.withdrawn(),
            .starting = counts.starting,
            .ready = counts.ready,
            .serving = replicas_.serving(),
            .draining = counts.draining,
            .stopping = counts.stopping,
            .standbys = replicas_.counts(Role::kStandby).active(),
            .warm = replicas_.counts(Role::kWarm).active(),
            .warm_ready = replicas_.passing(Role::kWarm),
            .desired = fleet_.desired(),
            .revision = replicas_.revision(),
            .next_revision = fleet_.next_revision(),
            .slots = fleet_.slots(),
            .start_failures = fleet_.start_failures(),
            .oldest_waiting = requests_.waiting() > 0 ? requests_.oldest_waiting() : TimePoint{},
            .ever_ready = fleet_.was_ever_ready(),
            .shutting_down = fleet_.is_shutting_down()};
  }

  const Settings& settings() const { return settings_; }

  Checkpoint save() const {
    Checkpoint checkpoint;
    checkpoint.settings = settings_;
    checkpoint.started = started_;
    requests_.save(checkpoint);
    fleet_.save(checkpoint);
    return checkpoint;
  }

 private:
  void emit(const Action& action) { step_.emit(action); }

  // ---- time

  // Whose time was over by `due` has had it.
  void run_timers(TimePoint due) {
    while (requests_.next_deadline() <= due) expire(requests_.next_to_expire());
    if (replicas_.drain_limit() <= due) refuse_waiting();
    fleet_.run_timers(due);
  }

  void expire(Slot slot) {
    if (requests_[slot].state == RequestState::kCancelling)
      return give_up_on_cancelled(slot, DecisionCause::kUnhealthy);
    emit(Reject{.request = requests_[slot].id, .reason = RejectReason::kDeadlinePassed});
    withdraw(slot);
  }

  // ---- requests

  void on(const RequestArrived& arrived) {
    assert(!requests_.contains(arrived.request));
    const RequestRecord record{.id = arrived.request,
                               .arrived = step_.now,
                               .deadline = arrived.deadline,
                               .safe_to_repeat = arrived.safe_to_repeat,
                               .klass = arrived.klass,
                               .expected = times_.expected(arrived.klass),
                               .deviation = times_.deviation(arrived.klass)};
    if (const auto reason = reason_to_refuse(record)) return refuse(record, *reason);
    requests_.enqueue(record);
    scaler_.admitted();
  }

  std::optional<RejectReason> reason_to_refuse(const RequestRecord& record) const {
    return fleet_.is_grace_over() ? RejectReason::kShuttingDown : admission_.reason_to_refuse(step_.now, record);
  }

  void refuse(const RequestRecord& record, RejectReason reason) {
    emit(Reject{.request = record.id, .reason = reason, .retry_after = admission_.retry_after(record, reason)});
  }

  void on(const RequestCancelled& cancelled) {
    if (const auto slot = requests_.find(cancelled.request)) withdraw(*slot);
  }

  // Nobody waits for the request any more. Its slot, if it has one, is free when the replica says so.
  void withdraw(Slot slot) {
    const RequestRecord& request = requests_[slot];
    switch (request.state) {
      case RequestState::kWaiting:
        if (!request.was_dispatched) scaler_.gave_up();
        return requests_.erase(slot);
      case RequestState::kRunning:
        return take_back(slot);
      case RequestState::kCancelling:
      case RequestState::kStuck:
        return;
    }
  }

  // Cancelling is a capability of the replica. Without it the work ends in its slot, for which it has the time that it
  // had anyway.
  void take_back(Slot slot) {
    const RequestRecord& request = requests_[slot];
    const auto where = replicas_.find(request.replica);
    const bool closes = settings_.replica.cancel == CancelMode::kClose || (where && replicas_[*where].cancels);
    emit(CancelOnReplica{
        .request = request.id, .replica = request.replica, .how = closes ? CancelHow::kClose : CancelHow::kDiscard});
    const TimePoint from = closes ? step_.now : std::max(step_.now, request.deadline);
    requests_.mark_cancelling(slot, from == kNever ? kNever : from + settings_.replica.cancel_grace);
    if (!where) return;
    replicas_.count_withdrawn(*where);
    const bool is_alone = replicas_[*where].running == 1;
    if (settings_.replica.cancel == CancelMode::kKill && !closes && is_alone) {
      give_up_on_cancelled(slot, DecisionCause::kKilled);
    }
  }

  // The replica does not end what was taken back.
  void give_up_on_cancelled(Slot slot, DecisionCause cause) {
    requests_.mark_stuck(slot);
    fleet_.replace_stuck(requests_[slot].replica, cause);
  }

  void on(const ResponseFinished& finished) {
    const auto slot = requests_.find(finished.request);
    if (!slot) return;
    const RequestRecord& request = requests_[*slot];
    if (request.state == RequestState::kWaiting || request.replica != finished.replica) return;
    const bool is_wanted = request.state == RequestState::kRunning;
    if (is_wanted && finished.outcome == Outcome::kAnswered)
      times_.finished(request.klass, step_.now - request.dispatched);
    fleet_.leave(request.replica, request.state, finished.outcome);
    if (is_wanted && is_loss(finished.outcome)) return retry_or_fail(*slot, finished.outcome);
    requests_.erase(*slot);
  }

  void retry_or_fail(Slot slot, Outcome outcome) {
    const RequestRecord& request = requests_[slot];
    const auto before = replicas_.find(request.lost_on);
    const bool lost_one_ended =
        !before || replicas_[*before].is_ending || replicas_[*before].state == ReplicaState::kStopping;
    const Verdict verdict = judge(request, outcome, lost_one_ended);
    if (verdict.sequel == Sequel::kFails) return fail(slot, verdict.reason);
    if (fleet_.is_grace_over()) return fail(slot, RejectReason::kShuttingDown);
    if (outcome == Outcome::kNotSent) requests_.count_return(slot);
    const bool counts = verdict.sequel == Sequel::kRepeats;
    requests_.requeue_front(slot, counts ? RequestTable::Again::kCounted : RequestTable::Again::kUncounted);
  }

  void fail(Slot slot, RejectReason reason) {
    refuse(requests_[slot], reason);
    requests_.erase(slot);
  }

  void dispatch() {
    while (requests_.waiting() > 0) {
      const RequestRecord& first = requests_[requests_.front()];
      const auto free = replicas_.next_free(first.lost_on);
      if (!free) return;
      if (first.deadline <= step_.now) {
        expire(requests_.front());
        continue;
      }
      if (fleet_.is_grace_over()) return refuse_waiting();
      if (!first.was_dispatched) scaler_.dispatched(step_.now - first.arrived);
      const ReplicaId replica = replicas_[*free].id;
      const Slot slot = requests_.dispatch_front(step_.now, replica);
      replicas_.take_slot(*free, step_.now);
      emit(Dispatch{.request = requests_[slot].id, .replica = replica, .attempt = requests_[slot].attempts});
    }
  }

  // The grace of the end is over.
  void refuse_waiting() {
    while (requests_.waiting() > 0) fail(requests_.front(), RejectReason::kShuttingDown);
    fleet_.wind_down();
  }

  // ---- all else

  void on(const MetricObserved& metric) { scaler_.observed(step_.now, metric); }
  void on(const TimerDue&) {}

  void on(const ConfigChanged& changed) {
    const Settings before = std::exchange(settings_, *changed.settings);
    if (changed.revision != replicas_.revision()) settings_.replica = before.replica;
    requests_.configure(settings_.queue);
    fleet_.reconfigure(before, changed);
  }

  // Of replicas, or the end.
  template <class E>
  void on(const E& event) {
    fleet_.on(event);
  }

  Settings settings_;
  bool started_ = false;
  Step step_;
  RequestTable requests_;
  Fleet fleet_;
  ReplicaSet& replicas_{fleet_.replicas()};
  ServiceTimes& times_{fleet_.times()};
  Scaler& scaler_{fleet_.scaler()};
  Admission admission_;
};

Service::Service(const Settings& settings) : impl_{std::make_unique<Impl>(settings)} {}
Service::Service(const Checkpoint& checkpoint) : impl_{std::make_unique<Impl>(checkpoint)} {}
Service::~Service() = default;

void Service::handle(TimePoint now, const Event& event, Actions& out) { impl_->handle(now, event, out); }
TimePoint Service::next_deadline() const { return impl_->next_deadline(); }
ServiceView Service::view() const { return impl_->view(); }
Levels Service::levels() const { return impl_->levels(); }
const Settings& Service::settings() const { return impl_->settings(); }
Checkpoint Service::save() const { return impl_->save(); }

}  // namespace tenfold::core
