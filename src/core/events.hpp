// What the core is told. Plain data: an event can be compared, printed, stored and replayed.
#pragma once

#include <cstdint>
#include <variant>

#include "core/boxed.hpp"
#include "core/ids.hpp"
#include "core/settings.hpp"
#include "core/start_way.hpp"
#include "core/time.hpp"

namespace tenfold::core {

// A client's request was parsed and asks to be served.
struct RequestArrived {
  RequestId request{};
  // When its answer is worthless to its client. `kNever` if it did not say.
  TimePoint deadline = kNever;
  // It may be run twice without harm: idempotent method, `Idempotency-Key`, or the service says so.
  bool safe_to_repeat = false;
  // What kind of work it is, as far as can be told from outside: requests of a class have similar service times.
  RequestClass klass{};
  friend bool operator==(const RequestArrived&, const RequestArrived&) = default;
};

// The client is gone, or takes the request back. Harmless for a request that has ended.
struct RequestCancelled {
  RequestId request{};
  friend bool operator==(const RequestCancelled&, const RequestCancelled&) = default;
};

// How a request's stay in a slot ended.
enum class Outcome : std::uint8_t {
  kAnswered,      // the whole answer came
  kNotSent,       // provably, the replica read nothing of it: the connection closed before a byte was written
  kNoAnswer,      // it was sent, and its connection was lost before the first byte of an answer
  kNotKept,       // as kNoAnswer, and the request was too large to be kept for another try
  kAnswerBroken,  // its connection was lost within the answer, of which the client has a part
  kAbandoned,     // it had been cancelled, and the replica let go of it
  kBusy,          // the replica lives and took no connection: refused, or its backlog is full
  kBadAnswer,     // the replica answered with something that is no answer
  kOutOfMemory,   // as kNoAnswer, because the replica was ended at its memory limit
};

// The slot is free: the replica says that it is done with the request. Every dispatched request gets exactly one, be it
// before or after its replica's exit.
struct ResponseFinished {
  RequestId request{};
  ReplicaId replica{};
  Outcome outcome = Outcome::kAnswered;
  friend bool operator==(const ResponseFinished&, const ResponseFinished&) = default;
};

// A replica that was starting can take requests.
struct ReplicaReady {
  ReplicaId replica{};
  // Its program announced that it ends a request whose connection is closed. Most do not: they compute on.
  bool cancels = false;
  StartWay way = StartWay::kExec;
  friend bool operator==(const ReplicaReady&, const ReplicaReady&) = default;
};

enum class Probe : std::uint8_t {
  kReadiness,  // it gets nothing until ReplicaReady comes again
  kLiveness,   // it is stopped, and replaced
  kProcess,    // it is ending, and its exit is not known yet: it gets nothing more
};

// A replica that was ready does not answer its probe.
struct ProbeFailed {
  ReplicaId replica{};
  Probe probe = Probe::kReadiness;
  friend bool operator==(const ProbeFailed&, const ProbeFailed&) = default;
};

enum class ExitKind : std::uint8_t {
  kNotStarted,  // the program could not be run at all
  kExited,      // by itself; `code` is the exit status
  kSignaled,    // `code` is the signal
};

// The replica's process is gone, with everything it had started. The last word about a replica.
struct ReplicaExited {
  ReplicaId replica{};
  ExitKind kind = ExitKind::kExited;
  std::int32_t code = 0;
  friend bool operator==(const ReplicaExited&, const ReplicaExited&) = default;
};

// What a replica used since its last sample.
struct UsageSampled {
  ReplicaId replica{};
  // CPU time used and the wall time it was used in.
  Duration cpu{};
  Duration wall{};
  Bytes memory{};
  // How long its threads, all together, could have computed and had no CPU.
  Duration cpu_wait{};
  friend bool operator==(const UsageSampled&, const UsageSampled&) = default;
};

// A value for the custom or schedule rule at `rule`, its place in the settings' list; or that none could be had.
struct MetricObserved {
  std::uint32_t rule = 0;
  bool is_valid = true;
  double value = 0;  // finite
  friend bool operator==(const MetricObserved&, const MetricObserved&) = default;
};

// The app's configuration changed: what is new applies from now on, what waits and runs is kept.
//
// `revision` is what the service is to consist of: the one that serves, or the one that is on its way, or a new one.
// The settings' `replica` is that revision's and applies with it. A new one is started beside the one that serves and
// takes its place when it is ready; one that was on its way and is not meant any more is given up.
struct ConfigChanged {
  Boxed<Settings> settings;
  RevisionId revision = kFirstRevision;
  friend bool operator==(const ConfigChanged&, const ConfigChanged&) = default;
};

// The instant that `Service::next_deadline` named has come.
struct TimerDue {
  friend bool operator==(const TimerDue&, const TimerDue&) = default;
};

// End: what waits and what runs is served within the grace, and what comes meanwhile; what cannot make it is refused.
// Replicas are stopped as they run out of work, and then all.
struct ShutdownRequested {
  friend bool operator==(const ShutdownRequested&, const ShutdownRequested&) = default;
};

using Event = std::variant<RequestArrived, RequestCancelled, ResponseFinished, ReplicaReady, ReplicaExited,
                           UsageSampled, TimerDue, ShutdownRequested, ProbeFailed, MetricObserved, ConfigChanged>;

// Events that may be what a timer waits for, or give it another time. They are looked at before the timers, so that
// what did happen counts.
inline bool may_fulfil(const Event& event) {
  return std::holds_alternative<ResponseFinished>(event) || std::holds_alternative<RequestCancelled>(event) ||
         std::holds_alternative<ReplicaReady>(event) || std::holds_alternative<ReplicaExited>(event) ||
         std::holds_alternative<ProbeFailed>(event) || std::holds_alternative<ConfigChanged>(event);
}

}  // namespace tenfold::core
