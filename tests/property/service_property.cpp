// A million random events against one core, by seed, with every promise checked after each.
//
// The generator plays clients, replicas and the clock: bursts, cancellations, lost replicas, failed starts, deadlines
// and a final shutdown. Every request that arrived must have ended by then. A failing seed is printed; TENFOLD_SEED
// runs it alone.
#include <cstdlib>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "check/invariants.hpp"
#include "core/service.hpp"

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;

class RandomWorld {
 public:
  explicit RandomWorld(std::uint64_t seed)
      : random_{seed},
        is_round_{one_in(2)},
        settings_{random_settings()},
        service_{settings_},
        invariants_{settings_} {}

  // Plays about `events` events. Returns the promise that broke, if any.
  std::optional<std::string> play(std::uint64_t events) {
    step(TimerDue{});
    while (steps_ < events && !broken_) play_one();
    step(ShutdownRequested{});
    for (std::uint32_t n = below(200); n > 0 && !broken_; --n) play_one();
    while (!broken_ && (invariants_.open() > 0 || !replicas_.empty())) settle_one();
    if (!broken_ && invariants_.open() > 0) broken_ = "a request was neither answered nor refused";
    return broken_;
  }

  std::uint64_t steps() const { return steps_; }
  const check::Invariants& invariants() const { return invariants_; }

 private:
  struct Running {
    RequestId request;
    ReplicaId replica;
  };
  struct LiveReplica {
    ReplicaId id;
    bool ready = false;
    bool stopping = false;
  };

  Settings random_settings() {
    Settings made;
    made.scale.min_replicas = below(4);
    made.scale.max_replicas = made.scale.min_replicas + 1 + below(12);
    made.scale.policy = static_cast<PolicyKind>(below(kPolicyKinds));
    made.scale.rules = random_rules();
    made.scale.aca.metric = one_in(2) ? AcaMetric::kRate : AcaMetric::kInFlight;
    made.scale.aca.evaluation_interval = 1s;
    made.scale.aca.polling_interval = 2s;
    made.scale.aca.scale_down_stabilization = std::chrono::seconds{1 + below(20)};
    made.scale.hpa.sync_period = 1s;
    made.scale.hpa.scale_down.stabilization_window = std::chrono::seconds{below(20)};
    made.scale.knative.stable_window = 6s;
    made.scale.per_request.keep_alive = 100ms * below(50);
    made.scale.slo.target = std::chrono::milliseconds{1 + below(500)};
    made.machine.cores = below(4);
    made.queue.order = one_in(2) ? QueueOrder::kFifo : QueueOrder::kShortest;
    made.replica.is_concurrency_auto = one_in(4);
    made.replica.concurrency = 1 + below(4);
    made.replica.grace = 2s;
    made.replica.cancel = static_cast<CancelMode>(below(3));
    made.replica.cancel_grace = std::chrono::milliseconds{100 << below(6)};
    made.replica.start_timeout = 5s;
    made.replica.backoff_first = 50ms;
    made.replica.backoff_max = 1s;
    made.queue.max_waiting = below(3) == 0 ? below(20) : 500;
    return made;
  }

  std::vector<ScaleRule> random_rules() {
    std::vector<ScaleRule> rules;
    for (std::uint32_t n = below(4); n > 0; --n) {
      rules.push_back({.name = "rule " + std::to_string(n),
                       .kind = static_cast<RuleKind>(below(8)),
                       .target = 1.0 + below(20),
                       .keep = std::chrono::seconds{1 + below(5)}});
    }
    return rules;
  }

  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }
  // Half of the worlds know few times only, so that what happens and what is due fall into one instant.
  Duration random_span(std::uint32_t below_ms) {
    if (is_round_) return 100ms * below(below_ms / 100);
    return std::chrono::microseconds{below(1000 * below_ms)};
  }

  void play_one() {
    switch (below(18)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return arrive(1);
      case 5:
        return one_in(30) ? arrive(1 + below(200)) : finish_one();
      case 6:
      case 7:
      case 8:
      case 9:
      case 10:
        return finish_one();
      case 11:
        return step(RequestCancelled{RequestId{1 + random_() % next_request_}});
      case 12:
        return make_ready();
      case 13:
        return one_in(20) ? exit_one() : exit_stopping();
      case 14:
        return step(UsageSampled{.replica = any_replica(), .cpu = std::chrono::milliseconds{below(1000)}, .wall = 1s});
      case 15:
        return one_in(20) ? step(ConfigChanged{random_settings(), RevisionId{1 + below(4)}})
                          : step(MetricObserved{.rule = below(4), .is_valid = !one_in(4), .value = 1.0 * below(100)});
      case 16:
        return fail_probe();
      default:
        return pass_time();
    }
  }

  // After a shutdown: everything ends in some order.
  void settle_one() {
    if (!running_.empty() && one_in(2)) return finish_one();
    if (one_in(2)) make_ready();
    if (one_in(2)) pass_time();
    one_in(8) ? exit_one() : exit_stopping();
  }

  void arrive(std::uint32_t count) {
    for (; count > 0; --count) {
      const TimePoint deadline = one_in(3) ? now_ + random_span(3000) : kNever;
      step(RequestArrived{.request = RequestId{next_request_++},
                          .deadline = deadline,
                          .safe_to_repeat = one_in(2),
                          .klass = RequestClass{below(4)}});
    }
  }

  void finish_one() {
    if (running_.empty()) return;
    const std::size_t index = below(static_cast<std::uint32_t>(running_.size()));
    const Running running = running_[index];
    running_[index] = running_.back();
    running_.pop_back();
    const auto outcome = one_in(12) ? static_cast<Outcome>(below(8)) : Outcome::kAnswered;
    step(ResponseFinished{.request = running.request, .replica = running.replica, .outcome = outcome});
  }

  void fail_probe() {
    if (!one_in(8)) return step(ReplicaReady{any_replica()});
    step(ProbeFailed{.replica = any_replica(), .probe = one_in(4) ? Probe::kLiveness : Probe::kReadiness});
  }

  void make_ready() {
    for (LiveReplica& replica : replicas_) {
      if (replica.ready || one_in(2)) continue;
      replica.ready = true;
      return step(ReplicaReady{.replica = replica.id, .cancels = one_in(2)});
    }
  }

  ReplicaId any_replica() {
    return replicas_.empty() ? ReplicaId{1} : replicas_[below(static_cast<std::uint32_t>(replicas_.size()))].id;
  }

  void exit_one() {
    if (!replicas_.empty()) exit_at(below(static_cast<std::uint32_t>(replicas_.size())));
  }

  void exit_stopping() {
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
      if (replicas_[i].stopping) return exit_at(i);
    }
  }

  // Half of the time the lost requests are reported before the exit, else after it, as sockets and signals race.
  void exit_at(std::size_t index) {
    const ReplicaId id = replicas_[index].id;
    replicas_.erase(replicas_.begin() + static_cast<std::ptrdiff_t>(index));
    const bool exit_first = one_in(2);
    if (exit_first) step(ReplicaExited{.replica = id, .kind = ExitKind::kSignaled, .code = 9});
    for (std::size_t i = 0; i < running_.size();) {
      if (running_[i].replica != id) {
        ++i;
        continue;
      }
      const Running lost = running_[i];
      running_[i] = running_.back();
      running_.pop_back();
      step(ResponseFinished{.request = lost.request, .replica = id, .outcome = Outcome::kNoAnswer});
    }
    if (!exit_first) step(ReplicaExited{.replica = id, .kind = ExitKind::kSignaled, .code = 9});
  }

  void pass_time() {
    const TimePoint end = now_ + random_span(200);
    while (service_.next_deadline() <= end && !broken_) {
      now_ = std::max(now_, service_.next_deadline());
      if (one_in(3)) finish_one();  // as the time ends: it counts
      step(TimerDue{});
    }
    now_ = end;
  }

  void step(const Event& event) {
    if (broken_) return;
    ++steps_;
    actions_.clear();
    service_.handle(now_, event, actions_);
    broken_ = invariants_.step(now_, event, actions_, service_.view());
    for (const Action& action : actions_) std::visit([this](const auto& a) { carry_out(a); }, action);
  }

  void carry_out(const Dispatch& a) { running_.push_back({a.request, a.replica}); }
  void carry_out(const StartReplica& a) { replicas_.push_back({a.replica}); }
  void carry_out(const StopReplica& a) {
    for (LiveReplica& replica : replicas_) replica.stopping |= replica.id == a.replica;
  }
  template <class Other>
  void carry_out(const Other&) {}

  std::mt19937_64 random_;
  bool is_round_;
  Settings settings_;
  Service service_;
  check::Invariants invariants_;
  Actions actions_;
  TimePoint now_{};
  std::uint64_t next_request_ = 1;
  std::uint64_t steps_ = 0;
  std::vector<Running> running_;
  std::vector<LiveReplica> replicas_;
  std::optional<std::string> broken_;
};

std::vector<std::uint64_t> seeds() {
  if (const char* one = std::getenv("TENFOLD_SEED")) return {std::strtoull(one, nullptr, 10)};
  std::vector<std::uint64_t> all;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) all.push_back(seed);
  return all;
}

TEST(ServiceProperty, KeepsItsPromisesUnderAMillionRandomEvents) {
  std::uint64_t steps = 0;
  std::uint64_t answered = 0;
  for (const std::uint64_t seed : seeds()) {
    RandomWorld world{seed};
    const auto broken = world.play(21'000);
    ASSERT_FALSE(broken) << *broken << " (step " << world.steps() << " of TENFOLD_SEED=" << seed << ")";
    steps += world.steps();
    answered += world.invariants().answered();
  }
  if (seeds().size() > 1) {
    EXPECT_GE(steps, 1'000'000);
    EXPECT_GE(answered, 90'000) << "the generator must let requests through";
  }
}

// Short lives, so that most of what happens falls into their beginning and their end.
TEST(ServiceProperty, KeepsItsPromisesThroughManyEnds) {
  std::uint64_t answered = 0;
  for (std::uint64_t seed = 10'001; seed <= 13'000; ++seed) {
    RandomWorld world{seed};
    const auto broken = world.play(150);
    ASSERT_FALSE(broken) << *broken << " (step " << world.steps() << " of a short life with seed " << seed << ")";
    answered += world.invariants().answered();
  }
  EXPECT_GE(answered, 100'000) << "the generator must let requests through";
}

}  // namespace
}  // namespace tenfold::core
