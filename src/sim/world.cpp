#include "sim/world.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>
#include <variant>

namespace tenfold::sim {

namespace {

// As the live provider samples.
constexpr core::Duration kSamplePeriod = std::chrono::seconds{1};

constexpr std::uint64_t kProgressSteps = 1 << 16;

// Streams of random numbers: what one model draws does not move what another does.
constexpr std::uint64_t kServiceStream = 2;
constexpr std::uint64_t kColdStartStream = 3;
constexpr std::uint64_t kPatienceStream = 4;

bool looks_at_usage(const core::Settings& settings) {
  const auto is_usage = [](const core::ScaleRule& rule) {
    return rule.kind == core::RuleKind::kCpu || rule.kind == core::RuleKind::kMemory;
  };
  return settings.replica.is_concurrency_auto || settings.machine.cores > 0 ||
         std::ranges::any_of(settings.scale.rules, is_usage);
}

}  // namespace

World::World(const core::Settings& settings, Models models, WorldOptions options)
    : models_{std::move(models)},
      options_{std::move(options)},
      service_{settings},
      processor_{settings.machine.cores, settings.replica.cpu, options_.is_cpu_bound},
      service_random_{options_.seed, kServiceStream},
      cold_start_random_{options_.seed, kColdStartStream},
      patience_random_{options_.seed, kPatienceStream},
      samples_usage_{looks_at_usage(settings)} {}

Result World::run() {
  const auto wall_began = std::chrono::steady_clock::now();
  begin();
  bool was_interrupted = false;
  while (!was_interrupted && step_once()) {
    if (progress_ && steps_ % kProgressSteps == 0) was_interrupted = !progress_(recorder_);
  }
  if (!was_interrupted) now_ = std::max(now_, zero_ + options_.until);
  Result result = recorder_.finish(now_, zero_);
  result.wall_s = std::chrono::duration<double>{std::chrono::steady_clock::now() - wall_began}.count();
  result.was_interrupted = was_interrupted;
  return result;
}

// Starts the service and lets its first replicas become ready: then the workload's time begins.
void World::begin() {
  for (StepObserver* observer : observers_) observer->beginning(service_);
  step(core::TimerDue{});
  if (samples_usage_) plan(now_ + kSamplePeriod, Kind::kSample, 0);
  while (service_.view().ready < service_.settings().scale.min_replicas && !timed_.empty()) run_timed();
  zero_ = now_;
  fetch_arrival();
}

// Lets the next thing happen. False when nothing more will.
bool World::step_once() {
  const core::TimePoint arrival = next_arrival_ ? zero_ + (next_arrival_->at - core::TimePoint{}) : core::kNever;
  const core::TimePoint finish = processor_.next_finish().value_or(core::kNever);
  const core::TimePoint timed = timed_.empty() ? core::kNever : timed_.top().at;
  const core::TimePoint deadline = service_.next_deadline().value_or(core::kNever);
  const core::TimePoint scheduled =
      next_scheduled_ < options_.scheduled.size() ? zero_ + options_.scheduled[next_scheduled_].at : core::kNever;
  const core::TimePoint next = std::min({arrival, finish, timed, deadline, scheduled});
  if (next == core::kNever || (is_over() && next > zero_ + options_.until)) return false;
  now_ = std::max(now_, next);
  if (finish == next) {
    finish_one();
  } else if (timed == next) {
    run_timed();
  } else if (scheduled == next) {
    step(options_.scheduled[next_scheduled_++].event);
  } else if (arrival == next) {
    arrive();
  } else {
    step(core::TimerDue{});
  }
  return true;
}

bool World::is_over() const { return !next_arrival_ && requests_.size() == 0; }

// ---- what happens

void World::fetch_arrival() {
  next_arrival_.reset();
  if (arrived_ >= options_.requests) return;
  next_arrival_ = models_.workload->next();
  if (next_arrival_ && next_arrival_->at - core::TimePoint{} > options_.duration) next_arrival_.reset();
}

void World::arrive() {
  Arrival arrival = *next_arrival_;
  core::Duration service = service_of(*models_.service, arrival, service_random_);
  if (options_.service_scale != 1) {
    service = core::Duration{std::llround(static_cast<double>(service.count()) * options_.service_scale)};
  }
  const core::RequestId id{++arrived_};
  requests_.insert({.id = id, .arrived = now_, .service = service});
  recorder_.arrived(now_);
  if (models_.patience) {
    const core::Duration patience = models_.patience->draw(patience_random_);
    if (patience < options_.request_timeout) plan(now_ + patience, Kind::kLeave, arrived_);
  }
  fetch_arrival();
  step(core::RequestArrived{.request = id, .deadline = now_ + options_.request_timeout, .klass = arrival.klass});
}

void World::finish_one() {
  const core::RequestId id = processor_.finish(now_);
  const auto slot = requests_.find(id);
  if (!slot) return;
  // An answer that nobody waits for any more is none.
  const Request& request = requests_[*slot];
  if (!request.has_ended) recorder_.answered(request.arrived, now_);
  end_in_slot(id, request.has_ended ? core::Outcome::kAbandoned : core::Outcome::kAnswered);
}

// The request leaves its replica, and the world.
void World::end_in_slot(core::RequestId id, core::Outcome outcome) {
  const auto slot = requests_.find(id);
  if (!slot) return;
  const Request request = requests_[*slot];
  requests_.erase(*slot);
  vacate(request.replica, id);
  step(core::ResponseFinished{.request = request.id, .replica = request.replica, .outcome = outcome});
}

void World::vacate(core::ReplicaId replica, core::RequestId id) {
  const auto where = replicas_.find(replica);
  if (!where) return;
  std::vector<core::RequestId>& running = replicas_[*where].running;
  if (std::erase(running, id) > 0 && running.empty()) recorder_.replica_idle(now_);
}

void World::run_timed() {
  const Timed timed = timed_.top();
  timed_.pop();
  now_ = std::max(now_, timed.at);
  switch (timed.kind) {
    case Kind::kReady:
      return step(core::ReplicaReady{.replica = core::ReplicaId{static_cast<std::uint32_t>(timed.subject)},
                                     .cancels = options_.replicas_cancel});
    case Kind::kExit:
      return exit(core::ReplicaId{static_cast<std::uint32_t>(timed.subject)});
    case Kind::kSample:
      return sample_usage();
    case Kind::kLeave:
      return leave(core::RequestId{timed.subject});
    case Kind::kAbandon:
      return end_in_slot(core::RequestId{timed.subject}, core::Outcome::kAbandoned);
  }
}

void World::exit(core::ReplicaId id) {
  const auto slot = replicas_.find(id);
  if (!slot) return;
  const std::vector<core::RequestId> lost = replicas_[*slot].running;
  for (const core::RequestId request : lost) lose(request);
  replicas_.erase(*slot);
  std::erase(alive_, id);
  recorder_.replica_gone(now_);
  step(core::ReplicaExited{.replica = id});
}

// Its replica ends with it: what becomes of it is the core's to say.
void World::lose(core::RequestId id) {
  const auto slot = requests_.find(id);
  if (!slot) return;
  Request& request = requests_[*slot];
  processor_.cancel(now_, id);
  vacate(request.replica, id);
  request.runs = false;
  const core::ReplicaId replica = request.replica;
  if (request.has_ended) requests_.erase(*slot);
  step(core::ResponseFinished{.request = id, .replica = replica, .outcome = core::Outcome::kNoAnswer});
}

void World::leave(core::RequestId id) {
  const auto slot = requests_.find(id);
  if (!slot || requests_[*slot].has_ended) return;
  const bool runs = requests_[*slot].runs;
  recorder_.left(now_, requests_[*slot].replica == core::ReplicaId{});
  requests_[*slot].has_ended = true;  // nobody waits for its end
  if (!runs) requests_.erase(*slot);
  step(core::RequestCancelled{id});
}

void World::sample_usage() {
  plan(now_ + kSamplePeriod, Kind::kSample, 0);
  for (std::size_t i = 0; i < alive_.size(); ++i) {
    const auto slot = replicas_.find(alive_[i]);
    if (!slot) continue;
    Replica& replica = replicas_[*slot];
    const core::Duration cpu = processor_.cpu_used(now_, *slot);
    const core::UsageSampled usage{
        .replica = replica.id, .cpu = cpu - replica.cpu_sampled, .wall = now_ - replica.sampled};
    replica.cpu_sampled = cpu;
    replica.sampled = now_;
    if (usage.wall > core::Duration::zero()) step(usage);
  }
}

void World::step(const core::Event& event) {
  actions_.clear();
  service_.handle(now_, event, actions_);
  ++steps_;
  for (StepObserver* observer : observers_) observer->stepped(now_, event, actions_, service_);
  for (const core::Action& action : actions_) {
    std::visit([this](const auto& a) { carry_out(a); }, action);
  }
}

void World::plan(core::TimePoint at, Kind kind, std::uint64_t subject) {
  timed_.push({.at = at, .order = ++planned_, .kind = kind, .subject = subject});
}

// ---- what the core decides

void World::carry_out(const core::Dispatch& action) {
  const auto slot = requests_.find(action.request);
  const auto where = replicas_.find(action.replica);
  if (!slot || !where) return;
  Request& request = requests_[*slot];
  if (action.attempt == 1) recorder_.dispatched(request.arrived, now_);
  request.replica = action.replica;
  request.runs = true;
  if (replicas_[*where].running.empty()) recorder_.replica_busy(now_);
  replicas_[*where].running.push_back(action.request);
  processor_.start(now_, action.request, *where, request.service);
}

void World::carry_out(const core::Reject& action) {
  const auto slot = requests_.find(action.request);
  if (!slot) return;
  recorder_.rejected(now_);
  requests_[*slot].has_ended = true;
  if (!requests_[*slot].runs) requests_.erase(*slot);
}

// A program that announces it ends the work at once, as those of the SDK do within milliseconds; others compute on,
// also where their connection is closed. The core hears of it as of any other event: after the step.
void World::carry_out(const core::CancelOnReplica& action) {
  if (!options_.replicas_cancel) return;
  processor_.cancel(now_, action.request);
  plan(now_, Kind::kAbandon, core::to_number(action.request));
}

void World::carry_out(const core::StartReplica& action) {
  const core::Slot slot = replicas_.insert({.id = action.replica, .sampled = now_});
  replicas_[slot].cpu_sampled = processor_.cpu_used(now_, slot);  // by those that had the slot before
  alive_.push_back(action.replica);
  recorder_.replica_started(now_);
  const core::Duration cold_start =
      models_.cold_start ? models_.cold_start->draw(cold_start_random_) : core::Duration::zero();
  plan(now_ + cold_start, Kind::kReady, core::to_number(action.replica));
}

void World::carry_out(const core::StopReplica& action) { plan(now_, Kind::kExit, core::to_number(action.replica)); }

void World::carry_out(const core::RecordDecision&) { recorder_.decided(); }

}  // namespace tenfold::sim
