#include "core/service.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/backoff.hpp"
#include "core/measured_slots.hpp"
#include "core/queue/admission.hpp"
#include "core/queue/request_table.hpp"
#include "core/replica_set.hpp"
#include "core/retry.hpp"
#include "core/rollout.hpp"
#include "core/scaler.hpp"
#include "core/service_times.hpp"

namespace tenfold::core {

namespace {

// A replica that uses as much of its CPU may want more than it gets, and so may one of a machine that is as busy.
constexpr double kSaturated = 0.9;

}  // namespace

class Service::Impl {
 public:
  explicit Impl(const Settings& settings)
      : settings_{settings},
        requests_{settings.queue},
        replicas_{settings.replica},
        backoff_{settings.replica},
        concurrency_{settings.replica},
        admission_{settings_, requests_, replicas_, times_},
        scaler_{settings_, replicas_, requests_, times_, desired_} {
    set_slots();
    replicas_.prefer(scaler_.preference());
  }

  explicit Impl(const Checkpoint& checkpoint) : Impl{checkpoint.settings} {
    started_ = checkpoint.started;
    shutting_down_ = checkpoint.shutting_down;
    ever_ready_ = checkpoint.ever_ready;
    desired_ = checkpoint.desired;
    backoff_ = Backoff{settings_.replica, checkpoint.backoff};
    if (checkpoint.rollout) rollout_.emplace(*checkpoint.rollout);
    times_ = ServiceTimes{checkpoint.times};
    concurrency_ = MeasuredSlots{checkpoint.concurrency};
    set_slots();
    replicas_.load(checkpoint);
    requests_.load(checkpoint);
    scaler_.load(checkpoint);
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() = default;

  void handle(TimePoint now, const Event& event, Actions& out) {
    now_ = now;
    out_ = &out;
    if (!started_) start();
    scaler_.advance(now_);
    const auto take = [&] { std::visit([this](const auto& e) { on(e); }, event); };
    // More may be told of this instant: its own deadlines pass with TimerDue.
    const TimePoint due = std::holds_alternative<TimerDue>(event) ? now_ : now_ - Duration{1};
    if (may_fulfil(event)) {
      take();
      run_timers(due);
    } else {
      run_timers(due);
      if (!shutting_down_ && scaler_.next_evaluation() <= now_) evaluate();
      take();
    }
    promote_if_ready();
    dispatch();
    activate();
    wind_down();
    scaler_.settle(now_);
    if (!shutting_down_ && scaler_.next_evaluation() <= now_) evaluate();
    if (promote_if_ready()) dispatch();
  }

  TimePoint next_deadline() const {
    if (!started_) return TimePoint{};
    TimePoint next = std::min(requests_.next_deadline(), replicas_.next_deadline());
    if (!shutting_down_) next = std::min(next, scaler_.next_evaluation());
    if (shutting_down_ && requests_.waiting() > 0) next = std::min(next, replicas_.drain_limit());
    if (replicas_.counts().active() < desired_) next = std::min(next, backoff_.next_start());
    if (rollout_ && replicas_.standby_counts().active() < wanted_standbys())
      next = std::min(next, rollout_->backoff.next_start());
    return next;
  }

  Levels levels() const {
    const ReplicaCounts& counts = replicas_.counts();
    return {.waiting = requests_.waiting(),
            .running = requests_.running(),
            .starting = counts.starting,
            .ready = counts.ready,
            .desired = desired_};
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
            .standbys = replicas_.standby_counts().active(),
            .desired = desired_,
            .revision = replicas_.revision(),
            .next_revision = rollout_ ? rollout_->revision : RevisionId{},
            .slots = concurrency_.slots(),
            .start_failures = backoff_.save().failures,
            .oldest_waiting = requests_.waiting() > 0 ? requests_.oldest_waiting() : TimePoint{},
            .ever_ready = ever_ready_,
            .shutting_down = shutting_down_};
  }

  const Settings& settings() const { return settings_; }

  Checkpoint save() const {
    Checkpoint checkpoint;
    checkpoint.settings = settings_;
    checkpoint.started = started_;
    checkpoint.shutting_down = shutting_down_;
    checkpoint.ever_ready = ever_ready_;
    checkpoint.desired = desired_;
    checkpoint.backoff = backoff_.save();
    if (rollout_) checkpoint.rollout = rollout_->save();
    checkpoint.times = times_.save();
    checkpoint.concurrency = concurrency_.save();
    scaler_.save(checkpoint);
    replicas_.save(checkpoint);
    requests_.save(checkpoint);
    return checkpoint;
  }

 private:
  void emit(const Action& action) { out_->push_back(action); }

  // ---- time

  void start() {
    started_ = true;
    scaler_.start(now_);
    decide({.cause = DecisionCause::kInitial}, settings_.scale.min_replicas);
  }

  // Whose time was over by `due` has had it.
  void run_timers(TimePoint due) {
    while (requests_.next_deadline() <= due) expire(requests_.next_to_expire());
    if (replicas_.drain_limit() <= due) refuse_waiting();
    while (const auto slot = replicas_.overdue(due)) give_up_on(*slot);
    replicas_.resume_due(now_);
    start_missing();
  }

  void expire(Slot slot) {
    if (requests_[slot].state == RequestState::kCancelling)
      return give_up_on_cancelled(slot, DecisionCause::kUnhealthy);
    emit(Reject{.request = requests_[slot].id, .reason = RejectReason::kDeadlinePassed});
    withdraw(slot);
  }

  // A start that takes too long has failed; a drain that takes too long, during shutdown, is cut.
  void give_up_on(Slot slot) {
    const ReplicaRecord replica = replicas_[slot];
    if (replica.state == ReplicaState::kStarting) count_failure(replica);
    stop(slot, Duration::zero());
    make_up_for(replica);
  }

  // ---- requests

  void on(const RequestArrived& arrived) {
    assert(!requests_.contains(arrived.request));
    const RequestRecord record{.id = arrived.request,
                               .arrived = now_,
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
    return is_grace_over() ? RejectReason::kShuttingDown : admission_.reason_to_refuse(now_, record);
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
    const TimePoint from = closes ? now_ : std::max(now_, request.deadline);
    requests_.mark_cancelling(slot, from == kNever ? kNever : from + settings_.replica.cancel_grace);
    if (!where) return;
    replicas_.count_withdrawn(*where);
    const bool is_alone = replicas_[*where].running == 1;
    if (settings_.replica.cancel == CancelMode::kKill && !closes && is_alone) {
      give_up_on_cancelled(slot, DecisionCause::kKilled);
    }
  }

  // The replica does not end what was taken back: it gets nothing new, another takes its place, and it is ended when it
  // has nothing else to do.
  void give_up_on_cancelled(Slot slot, DecisionCause cause) {
    requests_.mark_stuck(slot);
    const auto where = replicas_.find(requests_[slot].replica);
    if (!where) return;
    replicas_.count_stuck(*where);
    if (replicas_[*where].state != ReplicaState::kReady) return end_if_done(*where);
    retire(*where);
    decide({.cause = cause, .replica = requests_[slot].replica}, desired_);
  }

  void on(const ResponseFinished& finished) {
    const auto slot = requests_.find(finished.request);
    if (!slot) return;
    const RequestRecord& request = requests_[*slot];
    if (request.state == RequestState::kWaiting || request.replica != finished.replica) return;
    const bool is_wanted = request.state == RequestState::kRunning;
    if (is_wanted && finished.outcome == Outcome::kAnswered) times_.finished(request.klass, now_ - request.dispatched);
    leave_replica(request, finished.outcome);
    if (is_wanted && is_loss(finished.outcome)) return retry_or_fail(*slot, finished.outcome);
    requests_.erase(*slot);
  }

  void leave_replica(const RequestRecord& request, Outcome outcome) {
    const auto slot = replicas_.find(request.replica);
    if (!slot) return;
    replicas_.free_slot(*slot, now_, request.state);
    if (outcome == Outcome::kBusy) replicas_.pause(*slot, now_);
    if (outcome == Outcome::kAnswered || outcome == Outcome::kBadAnswer) replicas_.answered(*slot);
    end_if_done(*slot);
  }

  void retry_or_fail(Slot slot, Outcome outcome) {
    const RequestRecord& request = requests_[slot];
    const auto before = replicas_.find(request.lost_on);
    const bool lost_one_ended =
        !before || replicas_[*before].is_ending || replicas_[*before].state == ReplicaState::kStopping;
    const Verdict verdict = judge(request, outcome, lost_one_ended);
    if (verdict.sequel == Sequel::kFails) return fail(slot, verdict.reason);
    if (is_grace_over()) return fail(slot, RejectReason::kShuttingDown);
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
      if (first.deadline <= now_) {
        expire(requests_.front());
        continue;
      }
      if (is_grace_over()) return refuse_waiting();
      if (!first.was_dispatched) scaler_.dispatched(now_ - first.arrived);
      const ReplicaId replica = replicas_[*free].id;
      const Slot slot = requests_.dispatch_front(now_, replica);
      replicas_.take_slot(*free, now_);
      emit(Dispatch{.request = requests_[slot].id, .replica = replica, .attempt = requests_[slot].attempts});
    }
  }

  // ---- replicas

  void on(const ReplicaReady& ready) {
    const auto slot = replicas_.find(ready.replica);
    if (!slot) return;
    const ReplicaRecord& replica = replicas_[*slot];
    if (replica.state == ReplicaState::kReady && replica.is_unready) return replicas_.set_unready(*slot, now_, false);
    if (replica.state != ReplicaState::kStarting) return;
    times_.started(now_ - replica.since);
    replicas_.set_cancels(*slot, ready.cancels);
    replicas_.enter(*slot, ReplicaState::kReady, now_);
    ever_ready_ = true;
  }

  void on(const ReplicaExited& exited) {
    const auto slot = replicas_.find(exited.replica);
    if (!slot) return;
    const ReplicaRecord replica = replicas_[*slot];
    replicas_.remove(*slot);
    if (replica.state > ReplicaState::kReady) return;
    if (!has_lived(replica)) count_failure(replica);
    make_up_for(replica);
  }

  // What a replica's failure means for the starts of its revision.
  void count_failure(const ReplicaRecord& replica) {
    Backoff& backoff = replicas_.is_standby(replica) ? rollout_->backoff : backoff_;
    backoff.failed(now_, replica.started);
  }

  // A replica is gone, or goes, that nobody sent away; `replica` is what it was.
  void make_up_for(const ReplicaRecord& replica) {
    if (!replicas_.is_standby(replica)) return keep_count();
    if (rollout_->backoff.save().failures >= std::max(kHopelessStarts, wanted_standbys()))
      return end_rollout(DecisionCause::kRolledBack);
    start_missing();
  }

  bool has_lived(const ReplicaRecord& replica) const {
    return replica.state == ReplicaState::kReady && now_ - replica.since >= settings_.replica.backoff_reset;
  }

  void on(const ProbeFailed& failed) {
    const auto slot = replicas_.find(failed.replica);
    if (!slot) return;
    const ReplicaRecord replica = replicas_[*slot];
    if (failed.probe != Probe::kLiveness) {
      if (failed.probe == Probe::kProcess) replicas_.mark_ending(*slot);
      if (replica.state == ReplicaState::kReady) replicas_.set_unready(*slot, now_, true);
      return;
    }
    if (replica.state == ReplicaState::kDraining) return stop(*slot, grace_left());
    if (replica.state != ReplicaState::kReady) return;
    if (!has_lived(replica)) count_failure(replica);
    retire(*slot);
    if (replicas_[*slot].state == ReplicaState::kDraining) stop(*slot, grace_left());
    make_up_for(replica);
  }

  void on(const TimerDue&) {}

  // ---- what is measured

  void on(const MetricObserved& metric) { scaler_.observed(now_, metric); }

  void on(const UsageSampled& sample) {
    const auto slot = replicas_.find(sample.replica);
    if (!slot || sample.wall <= Duration::zero()) return;
    const double cpus = static_cast<double>(sample.cpu.count()) / static_cast<double>(sample.wall.count());
    const Duration busy = replicas_.sample(*slot, now_, cpus, sample.memory);
    const double cores = settings_.machine.cores;
    const bool is_saturated =
        cpus >= kSaturated * settings_.replica.cpu || (cores > 0 && replicas_.cpus() >= kSaturated * cores);
    times_.used(sample.cpu, busy, is_saturated);
    measure_concurrency();
  }

  void measure_concurrency() {
    if (shutting_down_ || !concurrency_.measure(now_, settings_.replica, times_)) return;
    set_slots();
    decide({.cause = DecisionCause::kConcurrency, .evidence = {.cpus_per_slot = times_.cpus_per_slot()}}, desired_);
  }

  void set_slots() {
    ReplicaSettings replica = settings_.replica;
    replica.concurrency = concurrency_.slots();
    replicas_.configure(replica);
  }

  // ---- configuration

  void on(const ConfigChanged& changed) {
    const Settings before = std::exchange(settings_, *changed.settings);
    const bool serves = changed.revision == replicas_.revision();
    if (!serves) settings_.replica = before.replica;
    requests_.configure(settings_.queue);
    backoff_.configure(settings_.replica);
    concurrency_.configure(settings_.replica, before.replica);
    set_slots();
    scaler_.configure(now_, before);
    replicas_.prefer(scaler_.preference());
    // What ends has no minimum, and nothing new begins.
    desired_ = shutting_down_ ? std::min(desired_, settings_.scale.max_replicas) : within_limits(desired_);
    if (rollout_ && rollout_->revision != changed.revision) end_rollout(DecisionCause::kWithdrawn);
    decide({.cause = DecisionCause::kConfig}, desired_);
    if (!serves && !shutting_down_) roll_out(changed.revision, changed.settings->replica);
  }

  // ---- revisions

  void roll_out(RevisionId revision, const ReplicaSettings& settings) {
    if (rollout_ && rollout_->revision == revision) {
      rollout_->settings = settings;
      rollout_->backoff.configure(settings);
      return replicas_.expect_standbys(settings.start_timeout);
    }
    rollout_.emplace(revision, settings);
    replicas_.expect_standbys(settings.start_timeout);
    record({.cause = DecisionCause::kRollOut, .starts = missing_standbys(), .revision = revision});
    start_missing();
  }

  // A service of no replica has to see one of the new revision to know that it starts.
  std::uint32_t wanted_standbys() const { return std::max(1U, desired_); }

  bool promote_if_ready() {
    const bool is_ready = rollout_ && replicas_.passing_standbys() >= wanted_standbys();
    if (is_ready) promote();
    return is_ready;
  }

  void promote() {
    const Rollout next = *std::exchange(rollout_, std::nullopt);
    const Settings before = settings_;
    settings_.replica = next.settings;
    backoff_ = next.backoff;
    concurrency_.configure(settings_.replica, before.replica);
    record({.cause = DecisionCause::kPromoted, .drains = replicas_.counts().active(), .revision = next.revision});
    retire_all(replicas_.by_age());
    set_slots();
    replicas_.serve(next.revision);
    scaler_.configure(now_, before);
    while (replicas_.counts().active() > desired_) retire(replicas_.least_needed());  // fewer are wanted by now
  }

  void end_rollout(DecisionCause cause) {
    const Rollout last = *std::exchange(rollout_, std::nullopt);
    record({.cause = cause,
            .drains = replicas_.standby_counts().active(),
            .failures = last.backoff.save().failures,
            .revision = last.revision});
    retire_all(replicas_.standbys());
  }

  void retire_all(const std::vector<Slot>& slots) {
    for (const Slot slot : std::vector<Slot>{slots}) {  // who leaves is not listed where it was
      if (replicas_[slot].state <= ReplicaState::kReady) retire(slot);
    }
  }

  // ---- the ends of replicas

  void stop(Slot slot, Duration grace) {
    replicas_.enter(slot, ReplicaState::kStopping, now_);
    emit(StopReplica{.replica = replicas_[slot].id, .grace = grace});
  }

  // Gives the replica nothing new, and stops it as soon as it has nothing.
  void retire(Slot slot) {
    if (replicas_[slot].state == ReplicaState::kReady) {
      replicas_.enter(slot, ReplicaState::kDraining, now_);
      emit(DrainReplica{.replica = replicas_[slot].id});
    }
    if (replicas_[slot].state == ReplicaState::kStarting) return stop(slot, grace_left());
    end_if_done(slot);
  }

  // A replica that drains is stopped when it has nothing left, or nothing but what it does not end.
  void end_if_done(Slot slot) {
    const ReplicaRecord& replica = replicas_[slot];
    if (replica.state != ReplicaState::kDraining) return;
    if (replica.running == 0) return stop(slot, settings_.replica.grace);
    if (replica.running == replica.stuck) stop(slot, Duration::zero());
  }

  // ---- scaling

  void evaluate() {
    const Evaluation evaluation = scaler_.evaluate(now_);
    decide({.cause = DecisionCause::kRule,
            .rule = evaluation.rule,
            .measures = evaluation.measures,
            .metric = evaluation.metric,
            .target = evaluation.target,
            .recommended = evaluation.recommended,
            .stabilized = evaluation.stabilized,
            .limit = evaluation.limit,
            .evidence = evaluation.evidence},
           within_limits(evaluation.stabilized));
  }

  std::uint32_t within_limits(std::uint32_t count) const {
    return std::clamp(count, settings_.scale.min_replicas, settings_.scale.max_replicas);
  }

  // From no replica at all the first request starts one: it must not wait for the policy's next look.
  void activate() {
    if (desired_ > 0 || requests_.waiting() == 0) return;
    decide({.cause = DecisionCause::kActivation}, 1);
  }

  // A replica is gone that nobody sent away: the count stands, and the decision says how it is kept.
  void keep_count() {
    if (is_winding_down()) return;
    const BackoffRecord& backoff = backoff_.save();
    if (now_ < backoff_.next_start()) {
      decide({.cause = DecisionCause::kBackoff, .failures = backoff.failures, .pause = backoff.pause}, desired_);
    } else {
      decide({.cause = DecisionCause::kReplaced}, desired_);
    }
  }

  // Makes `desired` the count, records why, and starts or retires what differs.
  void decide(RecordDecision decision, std::uint32_t desired) {
    desired_ = desired;
    const std::uint32_t current = replicas_.counts().active();
    decision.starts = missing();
    decision.drains = current > desired ? current - desired : 0;
    record(decision);
    start_missing();
    for (std::uint32_t i = 0; i < decision.drains; ++i) retire(replicas_.least_needed());
  }

  void record(RecordDecision decision) {
    decision.policy = scaler_.policy();
    decision.desired = desired_;
    decision.current = replicas_.counts().active();
    decision.waiting = requests_.waiting();
    decision.running = requests_.running();
    decision.slots = concurrency_.slots();
    if (decision.cause != DecisionCause::kRule || scaler_.is_news(decision)) emit(decision);
  }

  // How many replicas to start now, of the revision that serves and of the next.
  std::uint32_t missing() const { return missing(replicas_.counts().active(), desired_, backoff_); }
  std::uint32_t missing_standbys() const {
    return rollout_ ? missing(replicas_.standby_counts().active(), wanted_standbys(), rollout_->backoff) : 0;
  }
  std::uint32_t missing(std::uint32_t current, std::uint32_t wanted, const Backoff& backoff) const {
    const bool must_pause = backoff.save().failures > 0 && now_ < backoff.next_start();
    return is_winding_down() || must_pause || current >= wanted ? 0 : wanted - current;
  }

  void start_missing() {
    for (std::uint32_t n = missing(); n > 0; --n) start_replica(replicas_.revision());
    for (std::uint32_t n = missing_standbys(); n > 0; --n) start_replica(rollout_->revision);
  }
  void start_replica(RevisionId revision) {
    emit(StartReplica{.replica = replicas_.add(now_, revision), .revision = revision});
  }

  // ---- the end
  //
  // The count stands while something waits, and what is lost is replaced; then replicas end as they run out of work.
  // What could not make it within the grace is refused, and what still runs is cut.

  void on(const ShutdownRequested&) {
    if (shutting_down_) return;
    shutting_down_ = true;
    replicas_.limit_drains(now_ + settings_.replica.grace);
    if (rollout_) end_rollout(DecisionCause::kWithdrawn);
    decide({.cause = DecisionCause::kShutdown}, is_winding_down() ? 0 : desired_);
  }

  bool is_winding_down() const { return shutting_down_ && requests_.waiting() == 0; }
  bool is_grace_over() const { return replicas_.drain_limit() <= now_; }

  // What a replica may take for its end, which must not outlast the shutdown.
  Duration grace_left() const {
    const TimePoint limit = replicas_.drain_limit();
    return limit == kNever ? settings_.replica.grace
                           : std::clamp(limit - now_, Duration::zero(), settings_.replica.grace);
  }

  void refuse_waiting() {
    while (requests_.waiting() > 0) fail(requests_.front(), RejectReason::kShuttingDown);
    wind_down();
  }

  void wind_down() {
    if (is_winding_down() && desired_ > 0) decide({.cause = DecisionCause::kShutdown}, 0);
  }

  Settings settings_;
  bool started_ = false;
  bool shutting_down_ = false;
  bool ever_ready_ = false;
  std::uint32_t desired_ = 0;
  RequestTable requests_;
  ReplicaSet replicas_;
  Backoff backoff_;
  std::optional<Rollout> rollout_;
  ServiceTimes times_;
  MeasuredSlots concurrency_;
  Admission admission_;
  Scaler scaler_;

  // Of the step under way.
  TimePoint now_{};
  Actions* out_ = nullptr;
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
