#include "sim/faults.hpp"

#include <algorithm>
#include <array>
#include <queue>
#include <unordered_map>
#include <utility>
#include <vector>

#include "check/invariants.hpp"
#include "sim/random.hpp"

namespace tenfold::sim {

namespace {

using namespace std::chrono_literals;
using core::Duration;
using core::TimePoint;

// How often what happens, once per so much time on average.
constexpr Duration kBetweenBursts = 90s;
constexpr Duration kBetweenCrashes = 100s;
constexpr Duration kBetweenProbes = 60s;
constexpr Duration kBetweenConfigs = 400s;
constexpr Duration kBetweenClockSteps = 600s;
constexpr Duration kBetweenRequests = 400ms;
constexpr Duration kBetweenSamples = 10s;
constexpr Duration kBetweenBusy = 120s;

// Of the seeds with round times: all spans are a few of these.
constexpr Duration kRound = 100ms;

// A hung replica is found out by its liveness probe after so long.
constexpr Duration kLivenessDelay = 5s;

// When all faults have ceased, everything must come to its end within this.
constexpr Duration kHealing = 30min;

// A service that is told to end is told so within the last of the faults.
constexpr std::uint64_t kLastFaultsMs = 30'000;

class FaultWorld {
 public:
  FaultWorld(const FaultOptions& options, StepObserver* observer)
      : seed_{options.seed},
        random_{options.seed, 0},
        is_round_{one_in(2)},
        end_{TimePoint{} + options.duration},
        observer_{observer},
        settings_{random_settings()},
        service_{settings_},
        invariants_{settings_} {}

  FaultResult run() {
    if (observer_) observer_->beginning(service_);
    step(core::TimerDue{});
    for (const Kind kind : {Kind::kArrival, Kind::kBurst, Kind::kCrash, Kind::kProbe, Kind::kConfig, Kind::kClockStep,
                            Kind::kBusy, Kind::kSample}) {
      plan(now_ + random_span(mean_of(kind)), kind, 0);
    }
    // From a stream of its own: what happens before is the same with an end and without.
    Random of_end{seed_, 1};
    if (of_end.below(2) == 0) plan(end_ - std::chrono::milliseconds{of_end.below(kLastFaultsMs)}, Kind::kEnd, 0);
    while (!is_broken() && step_once()) {
    }
    if (!is_broken() && invariants_.open() > 0)
      fail(std::to_string(invariants_.open()) + " requests were never answered");
    if (!is_broken() && is_ending_ && !replicas_.empty())
      fail(std::to_string(replicas_.size()) + " replicas outlive the service");
    result_.answered = invariants_.answered();
    result_.rejected = invariants_.rejected();
    result_.left = invariants_.cancelled();
    return result_;
  }

 private:
  enum class Kind : std::uint8_t {
    kArrival,
    kBurst,
    kCrash,
    kProbe,
    kConfig,
    kClockStep,
    kBusy,
    kSample,
    kReady,
    kExit,
    kFinish,
    kLeave,
    kLiveness,
    kReadyAgain,
    kEnd,
  };
  struct Timed {
    TimePoint at{};
    std::uint64_t order = 0;
    Kind kind = Kind::kArrival;
    std::uint64_t subject = 0;
    std::uint64_t turn = 0;  // of a dispatch: a finish of an earlier one means nothing
    friend bool operator>(const Timed& a, const Timed& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }
  };
  struct Running {
    core::RequestId request{};
    std::uint64_t turn = 0;
    core::Outcome outcome = core::Outcome::kAnswered;  // that it comes to if nothing else happens
  };
  struct Replica {
    core::ReplicaId id{};
    bool is_hung = false;
    bool cancels = false;       // says that it ends what is closed
    bool obeys_cancels = true;  // and does
    bool is_dying = false;      // its sockets are closed, its exit is on the way
    TimePoint busy_until{};     // its backlog is full
    std::vector<Running> running;
  };

  // ---- what may happen

  core::Settings random_settings() {
    core::Settings made;
    made.scale.min_replicas = below(4);
    made.scale.max_replicas = made.scale.min_replicas + 1 + below(12);
    made.scale.policy = static_cast<core::PolicyKind>(below(core::kPolicyKinds));
    made.scale.slo.target = std::chrono::milliseconds{50 + below(2000)};
    made.scale.aca.scale_down_stabilization = std::chrono::seconds{15 * (1 + below(20))};
    made.scale.knative.stable_window = std::chrono::seconds{6 + below(60)};
    made.scale.per_request.keep_alive = std::chrono::milliseconds{below(60'000)};
    if (one_in(2)) made.scale.rules.push_back({.name = "rps", .kind = core::RuleKind::kRps, .target = 1.0 + below(5)});
    if (one_in(2)) made.scale.rules.push_back({.name = "cpu", .kind = core::RuleKind::kCpu, .target = 70});
    if (one_in(2)) made.scale.rules.push_back({.name = "wait", .kind = core::RuleKind::kQueueWait, .target = 0.5});
    made.replica.concurrency = 1 + below(4);
    made.replica.is_concurrency_auto = one_in(4);
    made.replica.start_timeout = 5s;
    made.replica.grace = std::chrono::seconds{1 + below(10)};
    made.replica.cancel = one_in(2) ? core::CancelMode::kNone : static_cast<core::CancelMode>(below(3));
    made.replica.cancel_grace = std::chrono::milliseconds{500 << below(5)};
    made.machine.cores = below(5);
    made.queue.max_waiting = one_in(3) ? below(30) : 1000;
    made.scale.warm = one_in(3) ? below(4) : 0;
    made.queue.order = one_in(2) ? core::QueueOrder::kFifo : core::QueueOrder::kShortest;
    return made;
  }

  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_.below(bound)); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }
  Duration random_span(Duration mean) {
    if (is_round_) return kRound * (1 + below(static_cast<std::uint32_t>(2 * (mean / kRound) + 1)));
    const double ns = random_.exponential() * static_cast<double>(mean.count());
    return Duration{static_cast<Duration::rep>(ns)};
  }
  static Duration mean_of(Kind kind) {
    switch (kind) {
      case Kind::kBurst:
        return kBetweenBursts;
      case Kind::kCrash:
        return kBetweenCrashes;
      case Kind::kProbe:
        return kBetweenProbes;
      case Kind::kConfig:
        return kBetweenConfigs;
      case Kind::kClockStep:
        return kBetweenClockSteps;
      case Kind::kSample:
        return kBetweenSamples;
      case Kind::kBusy:
        return kBetweenBusy;
      default:
        return kBetweenRequests;
    }
  }

  // ---- time

  bool has_healed() const { return now_ >= end_; }

  bool step_once() {
    const TimePoint deadline = service_.next_deadline();
    const TimePoint timed = timed_.empty() ? core::kNever : timed_.top().at;
    const bool is_quiet = has_healed() && invariants_.open() == 0 && (!is_ending_ || replicas_.empty());
    const TimePoint next = std::min(deadline, timed);
    if (is_quiet || next == core::kNever || next > end_ + kHealing) return false;
    now_ = std::max(now_, next);
    result_.ties += deadline == timed ? 1 : 0;
    // The timers may be looked at late, after what happened meanwhile; and mostly after what happens in their instant.
    are_timers_late_ = are_timers_late_ && timed <= now_;
    const bool is_timer_first = deadline < timed || (deadline == timed && one_in(4));
    if (is_timer_first && !are_timers_late_) {
      step(core::TimerDue{});
    } else {
      const Timed due = timed_.top();
      timed_.pop();
      happen(due);
    }
    return true;
  }

  void plan(TimePoint at, Kind kind, std::uint64_t subject, std::uint64_t turn = 0) {
    timed_.push({.at = at, .order = ++planned_, .kind = kind, .subject = subject, .turn = turn});
  }

  void happen(const Timed& due) {
    if (due.kind <= Kind::kSample) {
      if (has_healed() && due.kind != Kind::kSample) return;
      plan(now_ + random_span(mean_of(due.kind)), due.kind, 0);
    }
    switch (due.kind) {
      case Kind::kArrival:
        return arrive();
      case Kind::kBurst:
        for (std::uint32_t n = 1 + below(150); n > 0; --n) arrive();
        return;
      case Kind::kCrash:
        return crash();
      case Kind::kProbe:
        return fail_probe();
      case Kind::kConfig:
        return change_config();
      case Kind::kClockStep:
        ++result_.clock_steps;
        now_ += random_span(20s);  // all that was due meanwhile comes late
        are_timers_late_ = one_in(2);
        return are_timers_late_ ? void() : step(core::TimerDue{});
      case Kind::kBusy:
        if (Replica* replica = any_replica()) replica->busy_until = now_ + random_span(2s);
        return;
      case Kind::kSample:
        return sample();
      case Kind::kReady:
      case Kind::kReadyAgain:
        return make_ready(core::ReplicaId{static_cast<std::uint32_t>(due.subject)});
      case Kind::kExit:
        return exit(core::ReplicaId{static_cast<std::uint32_t>(due.subject)}, core::ExitKind::kExited);
      case Kind::kFinish:
        return finish(core::RequestId{due.subject}, due.turn);
      case Kind::kLeave:
        return step(core::RequestCancelled{core::RequestId{due.subject}});
      case Kind::kLiveness:
        return fail_liveness(core::ReplicaId{static_cast<std::uint32_t>(due.subject)});
      case Kind::kEnd:
        return end();
    }
  }

  void end() {
    is_ending_ = true;
    for (std::uint32_t n = below(100); n > 0; --n) arrive();
    result_.waited_at_end = service_.view().waiting;
    step(core::ShutdownRequested{});
  }

  // ---- clients

  void arrive() {
    const core::RequestId id{++result_.requests};
    if (one_in(10)) plan(now_ + random_span(3s), Kind::kLeave, core::to_number(id));
    const TimePoint deadline = one_in(3) ? now_ + random_span(10s) : now_ + 240s;
    step(core::RequestArrived{
        .request = id, .deadline = deadline, .safe_to_repeat = one_in(2), .klass = core::RequestClass{below(4)}});
  }

  // ---- replicas

  Replica* find(core::ReplicaId id) {
    const auto found = std::ranges::find(replicas_, id, &Replica::id);
    return found == replicas_.end() ? nullptr : &*found;
  }

  Replica* any_replica() {
    return replicas_.empty() ? nullptr : &replicas_[below(static_cast<std::uint32_t>(replicas_.size()))];
  }

  void crash() {
    Replica* replica = any_replica();
    if (!replica) return;
    ++result_.crashes;
    exit(replica->id, core::ExitKind::kSignaled);
  }

  void make_ready(core::ReplicaId id) {
    const Replica* replica = find(id);
    step(core::ReplicaReady{.replica = id, .cancels = replica && replica->cancels});
  }

  // Half of the time the lost requests are reported before the exit, else after it, as sockets and signals race. What
  // is dispatched to a replica whose exit is not told yet finds closed sockets.
  void exit(core::ReplicaId id, core::ExitKind kind) {
    Replica* replica = find(id);
    if (!replica) return;
    replica->is_dying = true;
    const bool exit_first = one_in(2);
    std::vector<Running> lost = std::move(replica->running);
    if (!exit_first) lose(id, std::exchange(lost, {}));
    const std::vector<Running> refused = std::exchange(find(id)->running, {});
    std::erase_if(replicas_, [id](const Replica& r) { return r.id == id; });
    step(core::ReplicaExited{.replica = id, .kind = kind, .code = kind == core::ExitKind::kSignaled ? 9 : 0});
    lose(id, lost);
    for (const Running& running : refused) {
      step(core::ResponseFinished{.request = running.request, .replica = id, .outcome = running.outcome});
    }
  }

  void lose(core::ReplicaId id, const std::vector<Running>& lost) {
    for (const Running& running : lost) {
      const auto outcome = one_in(4) ? core::Outcome::kAnswerBroken : core::Outcome::kNoAnswer;
      step(core::ResponseFinished{.request = running.request, .replica = id, .outcome = outcome});
    }
  }

  void fail_probe() {
    Replica* replica = any_replica();
    if (!replica) return;
    ++result_.failed_probes;
    const core::ReplicaId id = replica->id;
    step(core::ProbeFailed{.replica = id, .probe = core::Probe::kReadiness});
    plan(now_ + random_span(5s), Kind::kReadyAgain, core::to_number(id));
  }

  // As often as it takes: a replica that hangs does not get better.
  void fail_liveness(core::ReplicaId id) {
    if (!find(id)) return;
    plan(now_ + kLivenessDelay, Kind::kLiveness, core::to_number(id));
    step(core::ProbeFailed{.replica = id, .probe = core::Probe::kLiveness});
  }

  void finish(core::RequestId id, std::uint64_t turn) {
    for (Replica& replica : replicas_) {
      const auto running = std::ranges::find(replica.running, id, &Running::request);
      if (running == replica.running.end() || running->turn != turn) continue;
      const bool was_cancelled = cancelled_.erase(core::to_number(id)) > 0;
      const auto outcome = was_cancelled ? core::Outcome::kAbandoned : running->outcome;
      replica.running.erase(running);
      return step(core::ResponseFinished{.request = id, .replica = replica.id, .outcome = outcome});
    }
  }

  void sample() {
    for (const core::ReplicaId id : ids()) {
      step(core::UsageSampled{.replica = id,
                              .cpu = std::chrono::milliseconds{below(1000)},
                              .wall = 1s,
                              .memory = core::mebibytes(below(900))});
    }
  }

  std::vector<core::ReplicaId> ids() const {
    std::vector<core::ReplicaId> all;
    all.reserve(replicas_.size());
    for (const Replica& replica : replicas_) all.push_back(replica.id);
    return all;
  }

  void change_config() {
    ++result_.config_changes;
    settings_ = random_settings();
    step(core::ConfigChanged{settings_, random_revision()});
  }

  // A new one, the last one again, or the one that serves.
  core::RevisionId random_revision() {
    if (one_in(2)) newest_ = core::RevisionId{core::to_number(newest_) + 1};
    return one_in(4) ? service_.view().revision : newest_;
  }

  // ---- the core

  void step(const core::Event& event) {
    if (is_broken()) return;
    ++result_.steps;
    core::Actions actions;
    service_.handle(now_, event, actions);
    if (observer_) observer_->stepped(now_, event, actions, service_);
    if (const auto broken = invariants_.step(now_, event, actions, service_.view())) return fail(*broken);
    for (const core::Action& action : actions) {
      std::visit([this](const auto& a) { carry_out(a); }, action);
    }
  }

  void carry_out(const core::Dispatch& a) {
    Replica* replica = find(a.replica);
    if (!replica) return fail("a request is dispatched to a replica that has exited");
    const std::uint64_t turn = ++turns_;
    cancelled_.erase(core::to_number(a.request));
    const core::Outcome outcome = outcome_at(*replica);
    replica->running.push_back({.request = a.request, .turn = turn, .outcome = outcome});
    const bool is_taken = outcome != core::Outcome::kBusy && outcome != core::Outcome::kNotSent;
    if (is_taken && replica->is_hung) return;
    if (is_taken && !has_healed() && one_in(300)) {
      ++result_.never_ended;
      return;
    }
    const Duration span = is_taken ? service_span() : Duration{below(2) * 100'000};
    plan(now_ + span, Kind::kFinish, core::to_number(a.request), turn);
  }

  Duration service_span() {
    const Duration span = random_span(one_in(20) ? 10s : 500ms);
    return is_round_ ? span : span + 1ms;
  }

  // What a dispatch comes to if nothing else happens.
  core::Outcome outcome_at(const Replica& replica) {
    const bool is_busy = replica.is_dying || now_ < replica.busy_until;
    if (is_busy) {
      ++result_.busy;
      return one_in(4) ? core::Outcome::kNotSent : core::Outcome::kBusy;
    }
    if (has_healed() || !one_in(100)) return core::Outcome::kAnswered;
    ++result_.lost_alone;
    constexpr std::array kAlone{core::Outcome::kNotSent, core::Outcome::kNoAnswer, core::Outcome::kAnswerBroken,
                                core::Outcome::kNotKept, core::Outcome::kBadAnswer};
    return kAlone.at(below(kAlone.size()));
  }

  void carry_out(const core::CancelOnReplica& a) {
    cancelled_.insert({core::to_number(a.request), true});
    Replica* replica = find(a.replica);
    if (!replica || a.how != core::CancelHow::kClose || !replica->obeys_cancels || replica->is_hung) return;
    const auto running = std::ranges::find(replica->running, a.request, &Running::request);
    if (running != replica->running.end())
      plan(now_ + random_span(50ms), Kind::kFinish, core::to_number(a.request), running->turn);
  }

  void carry_out(const core::StartReplica& a) {
    replicas_.push_back({.id = a.replica, .cancels = one_in(3), .obeys_cancels = !one_in(4)});
    const std::uint64_t id = core::to_number(a.replica);
    const bool may_fail = !has_healed();
    if (may_fail && one_in(12)) {  // dies before it is ready
      ++result_.failed_starts;
      return plan(now_ + random_span(500ms), Kind::kExit, id);
    }
    if (may_fail && one_in(20)) {  // never becomes ready: the core gives up on it
      ++result_.failed_starts;
      return;
    }
    plan(now_ + random_span(may_fail && one_in(10) ? 4s : 300ms), Kind::kReady, id);
    if (!may_fail || !one_in(25)) return;
    ++result_.hangs;
    replicas_.back().is_hung = true;
    plan(now_ + 1s + random_span(20s) + kLivenessDelay, Kind::kLiveness, id);
  }

  // A replica that is told to end does so, sooner or later; one that hangs only by force.
  void carry_out(const core::StopReplica& a) {
    const Replica* replica = find(a.replica);
    if (!replica) return;
    const Duration ends_in = replica->is_hung ? a.grace : std::min(a.grace, random_span(200ms));
    plan(now_ + ends_in, Kind::kExit, core::to_number(a.replica));
  }
  template <class Other>
  void carry_out(const Other&) {}

  bool is_broken() const { return !result_.broken.empty(); }
  void fail(const std::string& promise) {
    result_.broken = promise;
    result_.broken_at = now_;
  }

  std::uint64_t seed_;
  Random random_;
  bool is_round_;
  TimePoint end_;
  StepObserver* observer_;
  core::Settings settings_;
  core::RevisionId newest_ = core::kFirstRevision;
  core::Service service_;
  check::Invariants invariants_;
  FaultResult result_;
  TimePoint now_{};
  bool are_timers_late_ = false;
  bool is_ending_ = false;
  std::uint64_t planned_ = 0;
  std::uint64_t turns_ = 0;
  std::priority_queue<Timed, std::vector<Timed>, std::greater<>> timed_;
  std::vector<Replica> replicas_;
  std::unordered_map<std::uint64_t, bool> cancelled_;
};

}  // namespace

FaultResult run_faults(const FaultOptions& options, StepObserver* observer) {
  return FaultWorld{options, observer}.run();
}

}  // namespace tenfold::sim
