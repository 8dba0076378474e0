// The core's whole state as plain data: what a journal file starts with, so that any file replays by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/ids.hpp"
#include "core/settings.hpp"
#include "core/start_way.hpp"
#include "core/time.hpp"

namespace tenfold::core {

enum class ReplicaState : std::uint8_t {
  kStarting,
  kReady,
  kDraining,  // gets nothing new, finishes what it has
  kStopping,  // told to end
};

enum class RequestState : std::uint8_t {
  kWaiting,
  kRunning,
  kCancelling,  // nobody waits for it any more, and its slot is taken
  kStuck,       // and it should have ended by now
};

struct RequestRecord {
  RequestId id{};
  RequestState state = RequestState::kWaiting;
  TimePoint arrived{};
  TimePoint deadline = kNever;
  // Where it runs; meaningless while it waits.
  ReplicaId replica{};
  TimePoint dispatched{};
  std::uint8_t attempts = 0;
  // How often it came back from a replica that had read nothing of it.
  std::uint8_t returns = 0;
  // Whether it had a slot before, however that ended.
  bool was_dispatched = false;
  bool safe_to_repeat = false;
  // The replica that was lost with it last; zero if none was.
  ReplicaId lost_on{};
  // While it is being cancelled: when its replica must have ended it.
  TimePoint cancel_limit = kNever;
  RequestClass klass{};
  // How long it is expected to take in a slot, by what was known of its class when it came; zero if nothing was.
  Duration expected{};
  // By how much the times of its class differ: their standard deviation.
  Duration deviation{};
  // Its place in the queue: the smallest goes first, the one that came first among equals.
  std::int64_t rank = 0;
  std::uint64_t ticket = 0;
  friend bool operator==(const RequestRecord&, const RequestRecord&) = default;
};

struct ReplicaRecord {
  ReplicaId id{};
  RevisionId revision = kFirstRevision;
  ReplicaState state = ReplicaState::kStarting;
  std::uint32_t running = 0;
  // When it was started, and when it entered its state.
  TimePoint started{};
  TimePoint since{};
  // Its turn among equals: the smallest has waited longest.
  std::uint64_t turn = 0;
  // It took no connection: it gets nothing until then. The pauses double until it answers.
  TimePoint suspended_until{};
  Duration busy_pause{};
  // It ends a request whose connection is closed.
  bool cancels = false;
  // Of its running requests, those that were taken back; and of these, the ones that should have ended by now.
  std::uint32_t withdrawn = 0;
  std::uint32_t stuck = 0;
  // Its readiness probe failed: it gets nothing until it is ready again.
  bool is_unready = false;
  // Since when nothing runs in it: since it became ready, or its last request left.
  TimePoint idle_since{};
  // When it became ready, or ceased to be, last.
  TimePoint readiness_changed{};
  // It is known to be ending.
  bool is_ending = false;
  // It has answered a request.
  bool has_answered = false;
  // It is kept warm: outside the count, with nothing to do.
  bool is_warm = false;
  // The integral of its taken slots over time, in slot-nanoseconds, until `busy_until`; and until the last sample.
  double busy = 0;
  TimePoint busy_until{};
  double busy_sampled = 0;
  // The last usage sample: CPUs and memory in use. `sampled` is zero while there was none; it covers the time since
  // `sample_began`.
  TimePoint sampled{};
  TimePoint sample_began{};
  double cpus = 0;
  Bytes memory{};
  friend bool operator==(const ReplicaRecord&, const ReplicaRecord&) = default;
};

struct Recommendation {
  TimePoint at{};
  std::uint32_t replicas = 0;
  friend bool operator==(const Recommendation&, const Recommendation&) = default;
};

struct AcaRecord {
  TimePoint next_evaluation{};
  TimePoint next_poll{};
  // The signals at the last evaluation of the window rules, and at the last poll of the others.
  TimePoint window_start{};
  double window_in_flight = 0;
  std::uint64_t window_arrivals = 0;
  TimePoint poll_start{};
  std::uint64_t poll_arrivals = 0;
  // What each rule asked for last, by its place in the list.
  std::vector<std::uint32_t> asked;
  std::vector<double> measured;
  // The signals at the last look of either kind, and when there was activity last.
  double seen_in_flight = 0;
  std::uint64_t seen_arrivals = 0;
  TimePoint last_active{};
  std::vector<Recommendation> recommendations;
  friend bool operator==(const AcaRecord&, const AcaRecord&) = default;
};

// A change of the count by the HPA in one direction, for its limits per period. Once it is older than the longest
// period of its direction it is outdated: it counts on for longer periods of the other, and gives its place to the
// next.
struct ScaleChange {
  TimePoint at{};
  std::uint32_t change = 0;
  bool is_outdated = false;
  friend bool operator==(const ScaleChange&, const ScaleChange&) = default;
};

struct HpaRecord {
  TimePoint next_evaluation{};
  // The signals and the count of replicas at the last evaluation.
  TimePoint window_start{};
  double window_in_flight = 0;
  std::uint64_t window_arrivals = 0;
  std::uint32_t count = 0;
  TimePoint last_active{};
  // Whether the count that the first evaluation found was remembered, as a recommendation.
  bool has_begun = false;
  std::vector<Recommendation> recommendations;
  std::vector<ScaleChange> ups;
  std::vector<ScaleChange> downs;
  friend bool operator==(const HpaRecord&, const HpaRecord&) = default;
};

// Values by the second, over a window that moves: the value of second n lies at n modulo the window's length.
struct WindowRecord {
  bool has_data = false;
  // The first second since the window was last empty, and the last one that has a value.
  std::int64_t first = 0;
  std::int64_t last = 0;
  // The sum of all places as the reference keeps it: with what adding and taking away leave of it.
  double total = 0;
  std::vector<double> seconds;
  friend bool operator==(const WindowRecord&, const WindowRecord&) = default;
};

// What Knative says of a revision that it scales.
enum class KnativeActivity : std::uint8_t {
  kActivating,  // wanted, and not enough of it is ready
  kActive,
  kInactive,  // not wanted
};

struct KnativeRecord {
  TimePoint next_evaluation{};
  // The second under way, and the signals at its begin.
  std::int64_t second = 0;
  double second_in_flight = 0;
  std::uint64_t second_arrivals = 0;
  // After the last event: requests in flight, and arrivals so far.
  std::uint32_t load = 0;
  std::uint64_t arrivals = 0;
  // Whether a replica was ready then. From none the first request is reported at once, ahead of its second.
  bool had_ready = false;
  bool is_reported_ahead = false;
  // That report asks for an evaluation now, beside those of the tick.
  bool is_poked = false;
  WindowRecord stable_concurrency;
  WindowRecord panic_concurrency;
  WindowRecord stable_rate;
  WindowRecord panic_rate;
  // Whether the initial scale was reached.
  bool is_initialized = false;
  TimePoint panic_since = kNever;
  std::uint32_t panic_most = 0;
  // What was wanted within the scale-down delay, as far as it may still be the most.
  std::vector<Recommendation> delayed;
  // What the averages asked for last: it stands while there is no data. Nothing before there was any.
  std::optional<std::uint32_t> desired;
  KnativeActivity activity = KnativeActivity::kActivating;
  TimePoint activity_since{};
  // Since when requests go through the activator; kNever while they do not.
  TimePoint proxied_since{};
  friend bool operator==(const KnativeRecord&, const KnativeRecord&) = default;
};

// Arrivals, each weighted by exp(-age / horizon), and the same over a shorter horizon.
struct RateRecord {
  TimePoint began{};
  TimePoint counted_until{};
  double horizon_s = 60;
  double arrivals = 0;
  double recent_arrivals = 0;
  friend bool operator==(const RateRecord&, const RateRecord&) = default;
};

// A level, and its peaks: when each was over. Each is higher than all after it.
struct HighWaterRecord {
  std::uint32_t level = 0;
  std::vector<Recommendation> peaks;
  friend bool operator==(const HighWaterRecord&, const HighWaterRecord&) = default;
};

// Requests, and the late ones among them by the pause that came before them; each weighs less with every one that
// follows.
struct PauseRecord {
  static constexpr std::uint8_t kNoBin = 255;
  double requests = 0;
  std::vector<double> late_by_pause;
  // The pause that ended last.
  std::uint8_t bin = kNoBin;
  friend bool operator==(const PauseRecord&, const PauseRecord&) = default;
};

// What a rule asks for.
struct Ask {
  std::uint32_t rule = kNoRule;
  RuleKind measures = RuleKind::kHttp;
  double metric = 0;
  double target = 0;
  std::uint32_t replicas = 0;
  friend bool operator==(const Ask&, const Ask&) = default;
};

struct SloRecord {
  TimePoint next_evaluation = kNever;
  RateRecord rate;
  // How many replicas what is in slots takes.
  HighWaterRecord level;
  // How many a steady load like the present takes, by the most that its rate may be.
  HighWaterRecord enough;
  // How many what arrives within a target takes; since when that is counted, and how many have arrived.
  HighWaterRecord surge;
  TimePoint surge_began{};
  double surge_arrivals = 0;
  PauseRecord pauses;
  Duration worth_holding{};
  // The signals that are counted already.
  TimePoint counted_until{};
  std::uint64_t arrivals_seen = 0;
  std::uint64_t left_queue_seen = 0;
  std::uint64_t late_seen = 0;
  // How many waited when the queue was looked at last, or less.
  std::uint32_t waiting_seen = 0;
  // When other rules are looked at next, and what they asked for last.
  TimePoint rules_due{};
  Ask floor;
  // What was to be in stock then, or less.
  std::uint32_t stock_seen = 0;
  // Requests that left the queue, and those of them that had waited for longer than the target or got no slot, each
  // weighted by exp(-age / horizon).
  double served = 0;
  double late = 0;
  // Slots that are to be free for what comes, and the replicas that are enough for a steady load.
  std::uint32_t spares = 0;
  std::uint32_t stationary = 0;
  friend bool operator==(const SloRecord&, const SloRecord&) = default;
};

struct PerRequestRecord {
  TimePoint next_evaluation = kNever;
  friend bool operator==(const PerRequestRecord&, const PerRequestRecord&) = default;
};

// What the service counts of itself, from its beginning. Only grows.
struct SignalsRecord {
  std::uint64_t arrivals = 0;    // admitted
  std::uint64_t dispatched = 0;  // for the first time
  // Of those dispatched, the ones whose wait was above the target of `slo`.
  std::uint64_t late = 0;
  // Left or timed out before they got a slot.
  std::uint64_t gone = 0;
  // The integral of requests in flight, waiting and running, over time, in request-nanoseconds.
  double in_flight = 0;
  TimePoint integrated_until{};
  std::uint32_t waiting = 0;
  std::uint32_t running = 0;
  friend bool operator==(const SignalsRecord&, const SignalsRecord&) = default;
};

// The last value of a custom or schedule rule.
struct MetricRecord {
  bool was_observed = false;
  double value = 0;
  TimePoint at{};
  friend bool operator==(const MetricRecord&, const MetricRecord&) = default;
};

// A mean and a mean square that forget: each new value weighs 1 / min(count, memory).
struct MomentsRecord {
  std::uint64_t count = 0;
  double mean = 0;
  double square = 0;
  // The same of the values' logarithms, in which a few long ones do not hide how the rest is.
  double log_mean = 0;
  double log_square = 0;
  // The means of the last few: where they differ by more than chance explains, the rest is forgotten.
  double recent = 0;
  double recent_log = 0;
  friend bool operator==(const MomentsRecord&, const MomentsRecord&) = default;
};

// Durations by bin (`duration_histogram.hpp`): how many, and their sum. A value weighs `one`, which grows.
struct HistogramRecord {
  double one = 1;
  std::vector<double> weights;
  std::vector<double> sums_s;
  friend bool operator==(const HistogramRecord&, const HistogramRecord&) = default;
};

// What is measured of times, in nanoseconds.
struct TimesRecord {
  MomentsRecord service;               // in a slot
  HistogramRecord spans;               // the same times
  std::vector<MomentsRecord> classes;  // the same by class
  MomentsRecord cold_start;            // from start to ready, by StartWay::kExec
  // CPUs that a taken slot uses, and how much slot time that rests on.
  double cpus_per_slot = 0;
  double usage_ns = 0;
  // From start to ready by the other ways, and how the last one that became ready was started.
  MomentsRecord fork;
  MomentsRecord first_fork;
  StartWay last_way = StartWay::kExec;
  // CPUs that a taken slot would use if it never had to wait for one; and the most that one was seen to use.
  double cpus_wanted = 0;
  double most_cpus = 0;
  friend bool operator==(const TimesRecord&, const TimesRecord&) = default;
};

// The slots of each replica, and when they last changed by measurement (`concurrency: auto`).
struct ConcurrencyRecord {
  std::uint32_t slots = 1;
  bool is_measured = false;
  TimePoint changed{};
  friend bool operator==(const ConcurrencyRecord&, const ConcurrencyRecord&) = default;
};

// The last decision of the policy that was recorded: what differs from it is news.
struct NewsRecord {
  std::uint32_t desired = 0;
  std::uint32_t rule = kNoRule;
  std::uint8_t limit = 0;
  friend bool operator==(const NewsRecord&, const NewsRecord&) = default;
};

// Starts that fail in a row, and the pause that follows from them.
struct BackoffRecord {
  std::uint32_t failures = 0;
  Duration pause{};
  TimePoint last_failure{};
  friend bool operator==(const BackoffRecord&, const BackoffRecord&) = default;
};

// A revision on its way to take the place of the one that serves.
struct RolloutRecord {
  RevisionId revision = kFirstRevision;
  ReplicaSettings settings;
  BackoffRecord backoff;
  friend bool operator==(const RolloutRecord&, const RolloutRecord&) = default;
};

struct Checkpoint {
  Settings settings;
  bool started = false;
  bool shutting_down = false;
  bool ever_ready = false;
  std::uint32_t desired = 0;
  std::uint32_t next_replica = 1;
  std::uint64_t next_turn = 0;
  std::uint64_t next_ticket = 0;
  // When replicas that drain are stopped all the same: during shutdown.
  TimePoint drain_limit = kNever;
  BackoffRecord backoff;
  RevisionId revision = kFirstRevision;  // which serves
  std::optional<RolloutRecord> rollout;
  SignalsRecord signals;
  TimesRecord times;
  std::vector<MetricRecord> metrics;
  ConcurrencyRecord concurrency;
  NewsRecord news;
  AcaRecord aca;
  HpaRecord hpa;
  KnativeRecord knative;
  SloRecord slo;
  PerRequestRecord per_request;
  std::vector<ReplicaRecord> replicas;  // in the order they were started
  std::vector<RequestRecord> waiting;   // in the order of the queue
  std::vector<RequestRecord> running;   // in the order of their ids
};

}  // namespace tenfold::core
