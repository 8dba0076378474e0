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

constexpr double kLongestLifeNs = 1e18;  // 31 years
constexpr std::int32_t kSigKill = 9;

constexpr std::uint64_t kProgressSteps = 1 << 16;

// Streams of random numbers: what one model draws does not move what another does.
constexpr std::uint64_t kServiceStream = 2;
constexpr std::uint64_t kColdStartStream = 3;
constexpr std::uint64_t kPatienceStream = 4;
constexpr std::uint64_t kPhaseStream = 7;
constexpr std::uint64_t kMemoryStream = 10;
constexpr std::uint64_t kFailureStream = 11;

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
      processor_{settings.machine.cores - options_.cores_taken, settings.replica.cpu, options_.is_cpu_bound},
      service_random_{options_.seed, kServiceStream},
      cold_start_random_{options_.seed, kColdStartStream},
      patience_random_{options_.seed, kPatienceStream},
      memory_random_{options_.seed, kMemoryStream},
      failure_random_{options_.seed, kFailureStream},
      samples_usage_{looks_at_usage(settings)} {
  recorder_.set_min(settings.scale.min_replicas);
}

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
  result.went_beyond_time = went_beyond_time_;
  return result;
}

// Starts the service, lets its first replicas become ready, and then the policy's polls come to where the workload
// finds them: there the workload's time begins.
void World::begin() {
  for (StepObserver* observer : observers_) observer->beginning(service_);
  step(core::TimerDue{});
  if (samples_usage_) plan(now_ + kSamplePeriod, Kind::kSample, 0);
  while (service_.view().ready < service_.settings().scale.min_replicas && !timed_.empty()) run_timed();
  zero_ = zero_after(now_);
  if (options_.warm_up > core::Duration::zero()) recorder_.count_from(zero_ + options_.warm_up);
  if (zero_ > now_) {
    recorder_.pause(now_);
    while (step_once(zero_)) {
    }
    now_ = zero_;
    recorder_.resume(now_);
  }
  for (StepObserver* observer : observers_) observer->opened(zero_, models_.class_names);
  fetch_arrival();
}

core::TimePoint World::zero_after(core::TimePoint ready) {
  const core::Duration period = options_.poll_period;
  if (period <= core::Duration::zero()) return ready;
  const core::Duration drawn{static_cast<core::Duration::rep>(
      Random{options_.seed, kPhaseStream}.below(static_cast<std::uint64_t>(period.count())))};
  // The service began at time zero, and so did its polls.
  const core::Duration ahead = (options_.poll_offset.value_or(drawn) - ready.time_since_epoch()) % period;
  return ready + (ahead < core::Duration::zero() ? ahead + period : ahead);
}

// Lets the next thing happen, if it happens before that. False when nothing more will.
bool World::step_once(core::TimePoint before) {
  const core::TimePoint arrival = next_arrival_ ? zero_ + (next_arrival_->at - core::TimePoint{}) : core::kNever;
  const core::TimePoint finish = processor_.next_finish().value_or(core::kNever);
  const core::TimePoint timed = timed_.empty() ? core::kNever : timed_.top().at;
  const core::TimePoint deadline = service_.next_deadline();
  const core::TimePoint scheduled =
      next_scheduled_ < options_.scheduled.size() ? zero_ + options_.scheduled[next_scheduled_].at : core::kNever;
  const core::TimePoint next = std::min({arrival, finish, timed, deadline, scheduled});
  if (next >= before || (is_over() && next > zero_ + options_.until)) return false;
  now_ = std::max(now_, next);
  if (finish == next) {
    finish_one();
  } else if (timed == next) {
    run_timed();
  } else if (scheduled == next) {
    step(options_.scheduled[next_scheduled_++].event);
  } else if (arrival == next) {
    const Arrival next_one = *next_arrival_;
    next_arrival_.reset();
    arrive(next_one);
  } else {
    step(core::TimerDue{});
  }
  return true;
}

bool World::is_over() const {
  return !next_arrival_ && requests_.size() == 0 && (returning_ == 0 || arrived_ >= options_.requests);
}

// ---- what happens

void World::fetch_arrival() {
  next_arrival_.reset();
  if (arrived_ >= options_.requests) return;
  next_arrival_ = models_.workload->next();
  if (!next_arrival_) return;
  if (next_arrival_->at - core::TimePoint{} > options_.duration) {
    next_arrival_.reset();
  } else if (next_arrival_->at > kLastArrival) {
    went_beyond_time_ = true;
    next_arrival_.reset();
  }
}

void World::arrive(const Arrival& planned) {
  if (arrived_ >= options_.requests) return;
  Arrival arrival = planned;
  core::Duration service = service_of(*models_.service, arrival, service_random_);
  if (options_.service_scale != 1) {
    service = core::Duration{std::llround(static_cast<double>(service.count()) * options_.service_scale)};
  }
  const core::RequestId id{++arrived_};
  Request request{.id = id, .arrived = now_, .service = service, .klass = arrival.klass, .client = arrival.client};
  if (models_.memory)
    request.memory = core::Bytes{static_cast<std::uint64_t>(models_.memory->draw(memory_random_).count())};
  requests_.insert(request);
  recorder_.arrived(request.counted());
  if (models_.patience) {
    const core::Duration patience = models_.patience->draw(patience_random_);
    if (patience < options_.request_timeout) plan(now_ + patience, Kind::kLeave, arrived_);
  }
  if (!next_arrival_) fetch_arrival();
  step(core::RequestArrived{.request = id,
                            .deadline = now_ + options_.request_timeout,
                            .safe_to_repeat = options_.is_safe_to_repeat,
                            .klass = arrival.klass});
}

void World::client_returns(std::uint32_t client) {
  --returning_;
  arrive({.client = client});
}

// The request's client has its end; one of a closed loop comes again.
void World::client_ends(const Request& request, bool was_answered) {
  if (request.client == 0) return;
  const core::TimePoint again = models_.workload->comes_again(request.client, now_, was_answered);
  if (again - zero_ > options_.duration) return;
  if (again - zero_ > kLastArrival - core::TimePoint{}) {
    went_beyond_time_ = true;
    return;
  }
  ++returning_;
  plan(again, Kind::kReturn, request.client);
}

void World::finish_one() {
  const core::RequestId id = processor_.finish(now_);
  const auto slot = requests_.find(id);
  if (!slot) return;
  // An answer that nobody waits for any more is none.
  const Request& request = requests_[*slot];
  if (!request.has_ended) {
    recorder_.answered(request.counted(), now_);
    client_ends(request, true);
  }
  end_in_slot(id, request.has_ended ? core::Outcome::kAbandoned : core::Outcome::kAnswered);
}

// The request leaves its replica, and the world.
void World::end_in_slot(core::RequestId id, core::Outcome outcome) {
  const auto slot = requests_.find(id);
  if (!slot) return;
  const Request request = requests_[*slot];
  requests_.erase(*slot);
  vacate(request);
  step(core::ResponseFinished{.request = request.id, .replica = request.replica, .outcome = outcome});
}

void World::vacate(const Request& request) {
  const auto where = replicas_.find(request.replica);
  if (!where) return;
  Replica& replica = replicas_[*where];
  if (std::erase(replica.running, request.id) == 0) return;
  replica.memory -= core::to_number(request.memory);
  if (replica.running.empty()) recorder_.replica_idle(now_);
}

void World::run_timed() {
  const Timed timed = timed_.top();
  timed_.pop();
  now_ = std::max(now_, timed.at);
  switch (timed.kind) {
    case Kind::kReady:
      return ready(core::ReplicaId{static_cast<std::uint32_t>(timed.subject)});
    case Kind::kExit:
      return exit({.replica = core::ReplicaId{static_cast<std::uint32_t>(timed.subject)}});
    case Kind::kKilled:
      return exit({.replica = core::ReplicaId{static_cast<std::uint32_t>(timed.subject)},
                   .kind = core::ExitKind::kSignaled,
                   .code = kSigKill});
    case Kind::kSample:
      return sample_usage();
    case Kind::kLeave:
      return leave(core::RequestId{timed.subject});
    case Kind::kAbandon:
      return end_in_slot(core::RequestId{timed.subject}, core::Outcome::kAbandoned);
    case Kind::kReturn:
      return client_returns(static_cast<std::uint32_t>(timed.subject));
  }
}

void World::ready(core::ReplicaId id) {
  const auto slot = replicas_.find(id);
  if (!slot) return;  // it was stopped before
  replicas_[*slot].was_ready = true;
  recorder_.replica_ready(now_);
  if (models_.failures.mean_life > core::Duration::zero()) {
    const double ns = static_cast<double>(models_.failures.mean_life.count()) * failure_random_.exponential();
    if (ns < kLongestLifeNs)
      plan(now_ + core::Duration{static_cast<core::Duration::rep>(ns)}, Kind::kExit, core::to_number(id));
  }
  step(core::ReplicaReady{.replica = id, .cancels = options_.replicas_cancel});
}

void World::exit(const core::ReplicaExited& how) {
  const auto slot = replicas_.find(how.replica);
  if (!slot) return;
  const std::vector<core::RequestId> lost = replicas_[*slot].running;
  const bool was_ready = replicas_[*slot].was_ready;
  const bool is_killed = how.kind == core::ExitKind::kSignaled;  // for its memory: nothing else kills here
  const core::Outcome outcome = is_killed ? core::Outcome::kOutOfMemory : core::Outcome::kNoAnswer;
  for (const core::RequestId request : lost) lose(request, outcome);
  replicas_.erase(*slot);
  std::erase(alive_, how.replica);
  if (std::erase(unplaced_, how.replica) == 0) {
    recorder_.replica_gone(now_, was_ready);
    --placed_;
  }
  if (!unplaced_.empty() && placed_ < options_.most_placed) {
    const core::ReplicaId next = unplaced_.front();
    unplaced_.pop_front();
    place(next);
  }
  step(how);
}

// Its replica ends with it: what becomes of it is the core's to say.
void World::lose(core::RequestId id, core::Outcome outcome) {
  const auto slot = requests_.find(id);
  if (!slot) return;
  Request& request = requests_[*slot];
  processor_.cancel(now_, id);
  vacate(request);
  request.runs = false;
  const core::ReplicaId replica = request.replica;
  if (request.has_ended) requests_.erase(*slot);
  step(core::ResponseFinished{.request = id, .replica = replica, .outcome = outcome});
}

void World::leave(core::RequestId id) {
  const auto slot = requests_.find(id);
  if (!slot || requests_[*slot].has_ended) return;
  Request& request = requests_[*slot];
  recorder_.left(request.counted(), now_, request.replica == core::ReplicaId{});
  request.has_ended = true;  // nobody waits for its end
  client_ends(request, false);
  if (!request.runs) requests_.erase(*slot);
  step(core::RequestCancelled{id});
}

void World::sample_usage() {
  plan(now_ + kSamplePeriod, Kind::kSample, 0);
  for (std::size_t i = 0; i < alive_.size(); ++i) {
    const auto slot = replicas_.find(alive_[i]);
    if (!slot) continue;
    Replica& replica = replicas_[*slot];
    const core::Duration cpu = processor_.cpu_used(now_, *slot);
    const core::Duration cpu_wait = processor_.cpu_waited(now_, *slot);
    const core::UsageSampled usage{.replica = replica.id,
                                   .cpu = cpu - replica.cpu_sampled,
                                   .wall = now_ - replica.sampled,
                                   .memory = core::Bytes{core::to_number(options_.idle_memory) + replica.memory},
                                   .cpu_wait = cpu_wait - replica.cpu_wait_sampled};
    replica.cpu_sampled = cpu;
    replica.cpu_wait_sampled = cpu_wait;
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
  if (action.attempt == 1) recorder_.dispatched(request.counted(), now_);
  request.replica = action.replica;
  request.runs = true;
  if (replicas_[*where].running.empty()) recorder_.replica_busy(now_);
  replicas_[*where].running.push_back(action.request);
  if (models_.memory) fill(replicas_[*where], request.memory);
  processor_.start(now_, action.request, *where, request.service);
}

void World::carry_out(const core::Reject& action) {
  const auto slot = requests_.find(action.request);
  if (!slot) return;
  Request& request = requests_[*slot];
  recorder_.rejected(request.counted(), now_);
  request.has_ended = true;
  client_ends(request, false);
  if (!request.runs) requests_.erase(*slot);
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
  // By those that had the slot before.
  replicas_[slot].cpu_sampled = processor_.cpu_used(now_, slot);
  replicas_[slot].cpu_wait_sampled = processor_.cpu_waited(now_, slot);
  alive_.push_back(action.replica);
  if (placed_ < options_.most_placed) {
    place(action.replica);
  } else {
    unplaced_.push_back(action.replica);
  }
}

// It has room on a node: now it starts.
void World::place(core::ReplicaId replica) {
  ++placed_;
  recorder_.replica_started(now_);
  core::Duration cold_start =
      models_.cold_start ? models_.cold_start->draw(cold_start_random_) : core::Duration::zero();
  const Failures& failures = models_.failures;
  bool is_failing = false;
  if (failures.slow_starts > 0 && failure_random_.uniform() < failures.slow_starts) {
    const double ns = static_cast<double>(cold_start.count()) * failures.slowdown;
    cold_start = core::Duration{static_cast<core::Duration::rep>(std::min(ns, kLongestLifeNs))};
  }
  if (failures.failing_starts > 0) is_failing = failure_random_.uniform() < failures.failing_starts;
  plan(now_ + cold_start, is_failing ? Kind::kExit : Kind::kReady, core::to_number(replica));
}

// A replica with more than its limit is killed, with all that runs in it.
void World::fill(Replica& replica, core::Bytes memory) {
  replica.memory += core::to_number(memory);
  const std::uint64_t limit = core::to_number(service_.settings().replica.memory);
  if (core::to_number(options_.idle_memory) + replica.memory > limit)
    plan(now_, Kind::kKilled, core::to_number(replica.id));
}

void World::carry_out(const core::StopReplica& action) { plan(now_, Kind::kExit, core::to_number(action.replica)); }

void World::carry_out(const core::RecordDecision&) { recorder_.decided(now_); }

}  // namespace tenfold::sim
