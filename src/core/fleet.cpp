#include "core/fleet.hpp"

#include <algorithm>
#include <utility>

namespace tenfold::core {

namespace {

// A replica that uses as much of its CPU may want more than it gets, and so may one of a machine that is as busy.
constexpr double kSaturated = 0.9;

}  // namespace

Fleet::Fleet(Settings& settings, const RequestTable& requests, const Step& step)
    : settings_{settings},
      requests_{requests},
      step_{step},
      replicas_{settings.replica},
      backoff_{settings.replica},
      concurrency_{settings.replica},
      scaler_{settings, replicas_, requests, times_, desired_} {
  set_slots();
  replicas_.prefer(scaler_.preference());
}

void Fleet::save(Checkpoint& checkpoint) const {
  checkpoint.shutting_down = shutting_down_;
  checkpoint.ever_ready = ever_ready_;
  checkpoint.desired = desired_;
  checkpoint.backoff = backoff_.save();
  if (rollout_) checkpoint.rollout = rollout_->save();
  checkpoint.times = times_.save();
  checkpoint.concurrency = concurrency_.save();
  scaler_.save(checkpoint);
  replicas_.save(checkpoint);
}

void Fleet::load(const Checkpoint& checkpoint) {
  shutting_down_ = checkpoint.shutting_down;
  ever_ready_ = checkpoint.ever_ready;
  desired_ = checkpoint.desired;
  backoff_ = Backoff{settings_.replica, checkpoint.backoff};
  if (checkpoint.rollout) rollout_.emplace(*checkpoint.rollout);
  times_ = ServiceTimes{checkpoint.times};
  concurrency_ = MeasuredSlots{checkpoint.concurrency};
  set_slots();
  replicas_.load(checkpoint);
  scaler_.load(checkpoint);
}

// ---- time

void Fleet::start() {
  scaler_.start(step_.now);
  decide({.cause = DecisionCause::kInitial}, settings_.scale.min_replicas);
}

TimePoint Fleet::next_deadline() const {
  TimePoint next = replicas_.next_deadline();
  if (!shutting_down_) next = std::min(next, scaler_.next_evaluation());
  if (shutting_down_ && requests_.waiting() > 0) next = std::min(next, replicas_.drain_limit());
  const bool is_warm_due = is_complete() && replicas_.counts(Role::kWarm).active() < wanted_warm();
  if (replicas_.counts().active() < desired_ || is_warm_due) next = std::min(next, backoff_.next_start());
  if (rollout_ && replicas_.counts(Role::kStandby).active() < wanted_standbys())
    next = std::min(next, rollout_->backoff.next_start());
  return next;
}

void Fleet::run_timers(TimePoint due) {
  while (const auto slot = replicas_.overdue(due)) give_up_on(*slot);
  replicas_.resume_due(step_.now);
  start_missing();
}

void Fleet::evaluate_if_due() {
  if (!shutting_down_ && scaler_.next_evaluation() <= step_.now) evaluate();
}

// ---- replicas that come and go

void Fleet::on(const ReplicaReady& ready) {
  const auto slot = replicas_.find(ready.replica);
  if (!slot) return;
  const ReplicaRecord& replica = replicas_[*slot];
  if (replica.state == ReplicaState::kReady && replica.is_unready)
    return replicas_.set_unready(*slot, step_.now, false);
  if (replica.state != ReplicaState::kStarting) return;
  times_.started(ready.way, step_.now - replica.since);
  replicas_.set_cancels(*slot, ready.cancels);
  replicas_.enter(*slot, ReplicaState::kReady, step_.now);
  ever_ready_ = true;
}

void Fleet::on(const ReplicaExited& exited) {
  const auto slot = replicas_.find(exited.replica);
  if (!slot) return;
  const ReplicaRecord replica = replicas_[*slot];
  replicas_.remove(*slot);
  if (replica.state > ReplicaState::kReady) return;
  if (!has_lived(replica)) count_failure(replica);
  make_up_for(replica);
}

void Fleet::on(const ProbeFailed& failed) {
  const auto slot = replicas_.find(failed.replica);
  if (!slot) return;
  const ReplicaRecord replica = replicas_[*slot];
  if (failed.probe != Probe::kLiveness) {
    if (failed.probe == Probe::kProcess) replicas_.mark_ending(*slot);
    if (replica.state == ReplicaState::kReady) replicas_.set_unready(*slot, step_.now, true);
    return;
  }
  if (replica.state == ReplicaState::kDraining) return stop(*slot, grace_left());
  if (replica.state != ReplicaState::kReady) return;
  if (!has_lived(replica)) count_failure(replica);
  retire(*slot);
  if (replicas_[*slot].state == ReplicaState::kDraining) stop(*slot, grace_left());
  make_up_for(replica);
}

// What a replica's failure means for the starts of its revision.
void Fleet::count_failure(const ReplicaRecord& replica) {
  Backoff& backoff = replicas_.role(replica) == Role::kStandby ? rollout_->backoff : backoff_;
  backoff.failed(step_.now, replica.started);
}

// A replica is gone, or goes, that nobody sent away; `replica` is what it was.
void Fleet::make_up_for(const ReplicaRecord& replica) {
  if (replicas_.role(replica) != Role::kStandby) return keep_count();
  if (rollout_->backoff.save().failures >= std::max(kHopelessStarts, wanted_standbys()))
    return end_rollout(DecisionCause::kRolledBack);
  start_missing();
}

bool Fleet::has_lived(const ReplicaRecord& replica) const {
  const bool is_old = step_.now - replica.since >= settings_.replica.backoff_reset;
  return replica.state == ReplicaState::kReady && (replica.has_answered || is_old);
}

// A start that takes too long has failed; a drain that takes too long, during shutdown, is cut.
void Fleet::give_up_on(Slot slot) {
  const ReplicaRecord replica = replicas_[slot];
  if (replica.state == ReplicaState::kStarting) count_failure(replica);
  stop(slot, Duration::zero());
  make_up_for(replica);
}

// A replica is gone that nobody sent away: the count stands, and the decision says how it is kept.
void Fleet::keep_count() {
  if (!may_start()) return;
  const BackoffRecord& backoff = backoff_.save();
  if (step_.now < backoff_.next_start()) {
    decide({.cause = DecisionCause::kBackoff, .failures = backoff.failures, .pause = backoff.pause}, desired_);
  } else {
    decide({.cause = DecisionCause::kReplaced}, desired_);
  }
}

void Fleet::leave(ReplicaId replica, RequestState state, Outcome outcome) {
  const auto slot = replicas_.find(replica);
  if (!slot) return;
  replicas_.free_slot(*slot, step_.now, state);
  if (outcome == Outcome::kBusy) replicas_.pause(*slot, step_.now);
  if (outcome == Outcome::kAnswered || outcome == Outcome::kBadAnswer) replicas_.answered(*slot);
  if (outcome == Outcome::kAnswered) replicas_.mark_answered(*slot);
  end_if_done(*slot);
}

void Fleet::replace_stuck(ReplicaId replica, DecisionCause cause) {
  const auto slot = replicas_.find(replica);
  if (!slot) return;
  replicas_.count_stuck(*slot);
  if (replicas_[*slot].state != ReplicaState::kReady) return end_if_done(*slot);
  retire(*slot);
  decide({.cause = cause, .replica = replica}, desired_);
}

// ---- what is measured

void Fleet::on(const UsageSampled& sample) {
  const auto slot = replicas_.find(sample.replica);
  if (!slot || sample.wall <= Duration::zero()) return;
  const double cpus = static_cast<double>(sample.cpu.count()) / static_cast<double>(sample.wall.count());
  const Duration busy = replicas_.sample(*slot, step_.now, cpus, sample.memory);
  const double cores = settings_.machine.cores;
  const bool is_saturated =
      cpus >= kSaturated * settings_.replica.cpu || (cores > 0 && replicas_.cpus() >= kSaturated * cores);
  times_.used(sample.cpu, sample.cpu_wait, busy, is_saturated);
  measure_concurrency();
}

void Fleet::measure_concurrency() {
  if (shutting_down_ || !concurrency_.measure(step_.now, settings_.replica, times_)) return;
  set_slots();
  decide({.cause = DecisionCause::kConcurrency, .evidence = {.cpus_per_slot = times_.cpus_per_slot()}}, desired_);
}

void Fleet::set_slots() {
  ReplicaSettings replica = settings_.replica;
  replica.concurrency = concurrency_.slots();
  replicas_.configure(replica);
}

// ---- configuration

void Fleet::reconfigure(const Settings& before, const ConfigChanged& changed) {
  backoff_.configure(settings_.replica);
  concurrency_.configure(settings_.replica, before.replica);
  set_slots();
  scaler_.configure(step_.now, before);
  replicas_.prefer(scaler_.preference());
  // What ends has no minimum, and nothing new begins.
  desired_ = shutting_down_ ? std::min(desired_, settings_.scale.max_replicas) : within_limits(desired_);
  if (rollout_ && rollout_->revision != changed.revision) end_rollout(DecisionCause::kWithdrawn);
  decide({.cause = DecisionCause::kConfig}, desired_);
  if (changed.revision != replicas_.revision() && !shutting_down_)
    roll_out(changed.revision, changed.settings->replica);
}

// ---- revisions

void Fleet::roll_out(RevisionId revision, const ReplicaSettings& settings) {
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
std::uint32_t Fleet::wanted_standbys() const { return std::max(1U, desired_); }

void Fleet::promote_if_ready() {
  const bool is_ready = rollout_ && replicas_.passing(Role::kStandby) >= wanted_standbys();
  if (is_ready) promote();
}

void Fleet::promote() {
  const Rollout next = *std::exchange(rollout_, std::nullopt);
  const Settings before = settings_;
  settings_.replica = next.settings;
  backoff_ = next.backoff;
  concurrency_.configure(settings_.replica, before.replica);
  const std::uint32_t drains = replicas_.counts().active() + replicas_.counts(Role::kWarm).active();
  record({.cause = DecisionCause::kPromoted, .drains = drains, .revision = next.revision});
  retire_all(replicas_.by_age());
  retire_all(replicas_.by_age(Role::kWarm));
  set_slots();
  replicas_.serve(next.revision);
  scaler_.configure(step_.now, before);
  for (const Slot slot : replicas_.least_needed(surplus())) retire(slot);  // fewer are wanted by now
}

void Fleet::end_rollout(DecisionCause cause) {
  const Rollout last = *std::exchange(rollout_, std::nullopt);
  record({.cause = cause,
          .drains = replicas_.counts(Role::kStandby).active(),
          .failures = last.backoff.save().failures,
          .revision = last.revision});
  retire_all(replicas_.by_age(Role::kStandby));
}

// ---- replicas that leave

void Fleet::stop(Slot slot, Duration grace) {
  replicas_.enter(slot, ReplicaState::kStopping, step_.now);
  step_.emit(StopReplica{.replica = replicas_[slot].id, .grace = grace});
}

// Gives the replica nothing new, and stops it as soon as it has nothing.
void Fleet::retire(Slot slot) {
  if (replicas_[slot].state == ReplicaState::kReady) {
    replicas_.enter(slot, ReplicaState::kDraining, step_.now);
    step_.emit(DrainReplica{.replica = replicas_[slot].id});
  }
  if (replicas_[slot].state == ReplicaState::kStarting) return stop(slot, grace_left());
  end_if_done(slot);
}

void Fleet::retire_all(const std::vector<Slot>& slots) {
  for (const Slot slot : std::vector<Slot>{slots}) {  // who leaves is not listed where it was
    if (replicas_[slot].state <= ReplicaState::kReady) retire(slot);
  }
}

// A replica that drains is stopped when it has nothing left, or nothing but what it does not end.
void Fleet::end_if_done(Slot slot) {
  const ReplicaRecord& replica = replicas_[slot];
  if (replica.state != ReplicaState::kDraining) return;
  if (replica.running == 0) return stop(slot, settings_.replica.grace);
  if (replica.running == replica.stuck) stop(slot, Duration::zero());
}

// ---- decisions

void Fleet::evaluate() {
  const Evaluation evaluation = scaler_.evaluate(step_.now);
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

std::uint32_t Fleet::within_limits(std::uint32_t count) const {
  return std::clamp(count, settings_.scale.min_replicas, settings_.scale.max_replicas);
}

void Fleet::activate() {
  if (desired_ > 0 || requests_.waiting() == 0) return;
  decide({.cause = DecisionCause::kActivation}, 1);
}

// Makes `desired` the count, records why, and starts or retires what differs.
void Fleet::decide(RecordDecision decision, std::uint32_t desired) {
  desired_ = desired;
  const std::vector<Slot> leaving = replicas_.least_needed(surplus());
  const std::uint32_t current = replicas_.counts().active();
  const std::uint32_t warm = replicas_.counts(Role::kWarm).active();
  decision.enlists = current < desired ? std::min(desired - current, warm) : 0;
  decision.starts = missing(current + decision.enlists, desired_, backoff_);
  decision.drains = static_cast<std::uint32_t>(leaving.size());
  const auto kept =
      static_cast<std::uint32_t>(std::ranges::count_if(leaving, [this](Slot slot) { return is_idle(slot); }));
  decision.reserves = std::min(kept, std::max(warm, wanted_warm()) - warm);
  record(decision);
  for (std::uint32_t n = decision.enlists; n > 0; --n) enlist(*replicas_.next_warm());
  send_away(leaving, decision.reserves);
  start_missing();
}

// Of those that are idle so many are kept warm.
void Fleet::send_away(const std::vector<Slot>& slots, std::uint32_t reserves) {
  for (const Slot slot : slots) {
    const bool is_kept = reserves > 0 && is_idle(slot);
    is_kept ? reserve(slot) : retire(slot);
    reserves -= is_kept ? 1 : 0;
  }
}

void Fleet::record(RecordDecision decision) {
  decision.policy = scaler_.policy();
  decision.desired = desired_;
  decision.current = replicas_.counts().active();
  decision.waiting = requests_.waiting();
  decision.running = requests_.running();
  decision.slots = concurrency_.slots();
  if (decision.cause != DecisionCause::kRule || scaler_.is_news(decision)) step_.emit(decision);
}

// How many replicas are more than wanted.
std::uint32_t Fleet::surplus() const { return std::max(replicas_.counts().active(), desired_) - desired_; }

// How many replicas to start now, of the revision that serves and of the next.
std::uint32_t Fleet::missing() const { return missing(replicas_.counts().active(), desired_, backoff_); }

std::uint32_t Fleet::missing_standbys() const {
  return rollout_ ? missing(replicas_.counts(Role::kStandby).active(), wanted_standbys(), rollout_->backoff) : 0;
}

std::uint32_t Fleet::missing(std::uint32_t current, std::uint32_t wanted, const Backoff& backoff) const {
  const bool must_pause = backoff.save().failures > 0 && step_.now < backoff.next_start();
  return !may_start() || must_pause || current >= wanted ? 0 : wanted - current;
}

void Fleet::start_missing() {
  for (std::uint32_t n = missing(); n > 0; --n) start_replica(replicas_.revision());
  for (std::uint32_t n = missing_standbys(); n > 0; --n) start_replica(rollout_->revision);
}

ReplicaId Fleet::start_replica(RevisionId revision) {
  const ReplicaId replica = replicas_.add(step_.now, revision);
  step_.emit(StartReplica{.replica = replica, .revision = revision});
  return replica;
}

// ---- warm replicas

std::uint32_t Fleet::wanted_warm() const {
  const std::uint32_t most = std::max(settings_.scale.max_replicas, desired_) - desired_;
  return shutting_down_ ? 0 : std::min(settings_.scale.warm, most);
}

// Every replica that is wanted is ready.
bool Fleet::is_complete() const {
  const ReplicaCounts& counts = replicas_.counts();
  return counts.starting == 0 && counts.ready >= desired_;
}

void Fleet::keep_warm() {
  const std::uint32_t warm = replicas_.counts(Role::kWarm).active();
  const std::uint32_t wanted = wanted_warm();
  if (warm == wanted) return;
  const std::uint32_t starts = is_complete() ? missing(warm, wanted, backoff_) : 0;
  const std::uint32_t drains = std::max(warm, wanted) - wanted;
  if (starts == 0 && drains == 0) return;
  record({.cause = DecisionCause::kWarm, .starts = starts, .drains = drains});
  for (std::uint32_t n = starts; n > 0; --n) reserve(*replicas_.find(start_replica(replicas_.revision())));
  for (std::uint32_t n = drains; n > 0; --n) retire(replicas_.by_age(Role::kWarm).back());
}

void Fleet::reserve(Slot slot) {
  replicas_.reserve(slot);
  step_.emit(ReserveReplica{.replica = replicas_[slot].id});
}

void Fleet::enlist(Slot slot) {
  replicas_.enlist(slot, step_.now);
  step_.emit(EnlistReplica{.replica = replicas_[slot].id});
}

// It is ready and has nothing to do.
bool Fleet::is_idle(Slot slot) const {
  const ReplicaRecord& replica = replicas_[slot];
  return replica.state == ReplicaState::kReady && !replica.is_unready && replica.running == 0;
}

// ---- the end
//
// The count stands while something waits, and what is lost is replaced; then replicas end as they run out of work.
// What still runs when the grace is over is cut.

void Fleet::on(const ShutdownRequested&) {
  if (shutting_down_) return;
  shutting_down_ = true;
  replicas_.limit_drains(step_.now + settings_.replica.grace);
  if (rollout_) end_rollout(DecisionCause::kWithdrawn);
  decide({.cause = DecisionCause::kShutdown}, is_winding_down() ? 0 : desired_);
}

// What a replica may take for its end, which must not outlast the shutdown.
Duration Fleet::grace_left() const {
  const TimePoint limit = replicas_.drain_limit();
  return limit == kNever ? settings_.replica.grace
                         : std::clamp(limit - step_.now, Duration::zero(), settings_.replica.grace);
}

void Fleet::wind_down() {
  if (is_winding_down() && desired_ > 0) decide({.cause = DecisionCause::kShutdown}, 0);
}

}  // namespace tenfold::core
