// What the core asks its driver to do. Plain data, appended to a buffer that the driver empties.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/settings.hpp"
#include "core/time.hpp"

namespace tenfold::core {

// Send the request to the replica: it has a slot there now. `attempt` is 1, or 2 for the one retry.
struct Dispatch {
  RequestId request{};
  ReplicaId replica{};
  std::uint8_t attempt = 1;
  friend bool operator==(const Dispatch&, const Dispatch&) = default;
};

// Why a request got its answer from Tenfold and not from a replica. Each has one HTTP status (live/problems.hpp).
enum class RejectReason : std::uint8_t {
  kQueueFull,
  kDeadlineImpossible,  // at its arrival: no slot can be free in time
  kDeadlinePassed,      // while it waited or ran
  kShuttingDown,
  kReplicaLost,  // the replica died with it, and it may not be tried again
  kPoison,       // two replicas died with it
  kBadAnswer,    // the replica's answer was none; it was worked on, so it is not tried again
  kOutOfMemory,  // as kReplicaLost or kPoison, because the replica was ended at its memory limit
};
inline constexpr std::size_t kRejectReasons = 8;

// Answer the request with an error. It has left the core, unless a CancelOnReplica follows in the same step: then its
// slot stays taken until ResponseFinished.
struct Reject {
  RequestId request{};
  RejectReason reason = RejectReason::kQueueFull;
  // When to come again, from the measured pace of the service; zero where that does not apply.
  Duration retry_after{};
  friend bool operator==(const Reject&, const Reject&) = default;
};

// What becomes of a request that runs and that nobody waits for any more.
enum class CancelHow : std::uint8_t {
  kDiscard,  // leave it running, read its answer to the end and discard it
  kClose,    // close its connection: the replica ends it
};

// Take the request back from the replica. The slot is free when ResponseFinished says so, not before.
struct CancelOnReplica {
  RequestId request{};
  ReplicaId replica{};
  CancelHow how = CancelHow::kDiscard;
  friend bool operator==(const CancelOnReplica&, const CancelOnReplica&) = default;
};

// Start a replica of the revision; ReplicaReady or ReplicaExited follows.
struct StartReplica {
  ReplicaId replica{};
  RevisionId revision = kFirstRevision;
  friend bool operator==(const StartReplica&, const StartReplica&) = default;
};

// The replica is kept warm from now on: outside the count, with nothing to do. It follows its start, or it was sent
// away.
struct ReserveReplica {
  ReplicaId replica{};
  friend bool operator==(const ReserveReplica&, const ReserveReplica&) = default;
};

// The warm replica counts from now on, and gets what comes when it is ready.
struct EnlistReplica {
  ReplicaId replica{};
  friend bool operator==(const EnlistReplica&, const EnlistReplica&) = default;
};

// The replica gets nothing new and finishes what it has. StopReplica follows.
struct DrainReplica {
  ReplicaId replica{};
  friend bool operator==(const DrainReplica&, const DrainReplica&) = default;
};

// End the replica: SIGTERM to its process group, SIGKILL after `grace`; SIGKILL at once if that is zero. ReplicaExited
// follows.
struct StopReplica {
  ReplicaId replica{};
  Duration grace{};
  friend bool operator==(const StopReplica&, const StopReplica&) = default;
};

enum class DecisionCause : std::uint8_t {
  kInitial,     // the first replicas of a service
  kRule,        // the scale policy's evaluation
  kActivation,  // a request waits and there is no replica at all
  kReplaced,    // a replica was lost, and the count is kept
  kBackoff,     // starts fail: the next try waits
  kShutdown,
  kConfig,       // the configuration changed
  kConcurrency,  // the slots of a replica changed, not the count of replicas
  kUnhealthy,    // a replica did not end a request that was taken back, and is replaced
  kKilled,       // a replica was killed to end a request that was taken back: `cancel: kill`
  kRollOut,      // a new revision starts beside the one that serves
  kPromoted,     // the new revision is ready: it gets what comes, and the one before leaves
  kRolledBack,   // the new revision does not start: it is given up, and the one that serves goes on
  kWithdrawn,    // the new revision is not wanted any more before it was ready
  kWarm,         // warm replicas are started, or sent away, so that as many are kept as the settings say
};

// What kept a policy from its bare recommendation, where something did. Before min and max, which are the service's.
enum class Limit : std::uint8_t {
  kNone,
  kStep,           // it grows by steps: aca, hpa, knative
  kStabilization,  // it shrinks to the largest recommendation of a window: aca, hpa; knative's scale-down delay
  kTolerance,      // near enough to the target: hpa
  kPanic,          // it does not shrink in panic: knative
  kMissing,        // a metric is missing, so it does not shrink: hpa
  kCooldown,       // not yet to zero: aca, knative's grace
  kCores,          // more CPU-bound replicas than cores gain nothing: slo
};

// What a decision of slo is for.
enum class Basis : std::uint8_t {
  kQueue,   // what waits
  kSpares,  // what comes while a replica starts
  kSurge,   // as many as came together before
  kUse,     // what was needed of late
};

// What the decision rests on besides its rule. Which of these mean something depends on the policy.
struct Evidence {
  // knative: since when it panics; kNever if it does not.
  TimePoint panic_since = kNever;
  // slo: what a request waits that is the 95th percentile of those now queued, if nothing is started or stopped.
  Duration predicted_wait{};
  // slo: the measured means that this follows from: time in a slot, time from start to ready, arrivals a second.
  Duration service{};
  Duration cold_start{};
  double arrivals_per_s = 0;
  Basis basis = Basis::kQueue;
  // slo: slots that are to be free; and the time over which need is remembered.
  std::uint32_t spares = 0;
  Duration hold{};
  // slo, concurrency: CPUs that a taken slot uses, by measurement; zero while nothing is known.
  double cpus_per_slot = 0;
  friend bool operator==(const Evidence&, const Evidence&) = default;
};

// How many replicas there should be and why. Numbers, from which `explain` makes words.
struct RecordDecision {
  DecisionCause cause = DecisionCause::kInitial;
  PolicyKind policy = PolicyKind::kAca;
  // The rule that asked for most, its place in the settings' list, and what it measures.
  std::uint32_t rule = kNoRule;
  RuleKind measures = RuleKind::kHttp;
  // What it measured, and its target per replica, in the unit of its kind.
  double metric = 0;
  double target = 0;
  // By metric and target alone; then by the policy's memory, which `limit` names; then within min..max.
  std::uint32_t recommended = 0;
  std::uint32_t stabilized = 0;
  std::uint32_t desired = 0;
  Limit limit = Limit::kNone;
  // Replicas that exist (starting or ready, not draining) before the decision, and what it starts and drains.
  std::uint32_t current = 0;
  std::uint32_t starts = 0;
  std::uint32_t drains = 0;
  // Warm replicas that count from now on; and of those that it drains, the ones that are kept warm.
  std::uint32_t enlists = 0;
  std::uint32_t reserves = 0;
  // kBackoff: failed starts in a row, and the pause before the next.
  std::uint32_t failures = 0;
  Duration pause{};
  // kUnhealthy, kKilled: which replica.
  ReplicaId replica{};
  // kRollOut, kPromoted, kRolledBack, kWithdrawn: which revision. `starts` and `drains` are then of the revision that
  // comes and of the one that goes; of kWarm they are of warm replicas.
  RevisionId revision = kFirstRevision;
  // Slots of each replica from now on.
  std::uint32_t slots = 0;
  // What the service looked like.
  std::uint32_t waiting = 0;
  std::uint32_t running = 0;
  Evidence evidence;
  friend bool operator==(const RecordDecision&, const RecordDecision&) = default;
};

using Action = std::variant<Dispatch, Reject, CancelOnReplica, StartReplica, DrainReplica, StopReplica, RecordDecision,
                            ReserveReplica, EnlistReplica>;

// Reused from step to step, so that a warm core allocates nothing.
using Actions = std::vector<Action>;

}  // namespace tenfold::core
