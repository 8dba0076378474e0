// The core's whole state as plain data: what a journal file starts with, so that any file replays by itself.
#pragma once

#include <cstdint>
#include <vector>

#include "core/ids.hpp"
#include "core/settings.hpp"
#include "core/time.hpp"

namespace tenfold::core {

enum class ReplicaState : std::uint8_t {
  kStarting,
  kReady,
  kDraining,  // gets nothing new, finishes what it has
  kStopping,  // told to end
};

enum class RequestState : std::uint8_t { kWaiting, kRunning, kCancelling };

struct RequestRecord {
  RequestId id{};
  RequestState state = RequestState::kWaiting;
  TimePoint arrived{};
  TimePoint deadline = kNever;
  // Where it runs; meaningless while it waits.
  ReplicaId replica{};
  TimePoint dispatched{};
  std::uint8_t attempts = 0;
  std::uint8_t replicas_lost = 0;
  bool safe_to_repeat = false;
  friend bool operator==(const RequestRecord&, const RequestRecord&) = default;
};

struct ReplicaRecord {
  ReplicaId id{};
  ReplicaState state = ReplicaState::kStarting;
  std::uint32_t running = 0;
  // When it entered its state.
  TimePoint since{};
  // Its turn among equals: the smallest has waited longest.
  std::uint64_t turn = 0;
  // It lost a request: until it is known whether it lives, it gets nothing.
  TimePoint suspended_until{};
  friend bool operator==(const ReplicaRecord&, const ReplicaRecord&) = default;
};

struct Recommendation {
  TimePoint at{};
  std::uint32_t replicas = 0;
  friend bool operator==(const Recommendation&, const Recommendation&) = default;
};

struct AcaRecord {
  TimePoint next_evaluation{};
  // The integral of requests in flight over time since the last evaluation, in request-nanoseconds.
  TimePoint window_start{};
  TimePoint integrated_until{};
  std::uint64_t in_flight = 0;
  double integral = 0;
  std::vector<Recommendation> recommendations;
  friend bool operator==(const AcaRecord&, const AcaRecord&) = default;
};

// The service's measured pace, from which Retry-After and impossible deadlines follow.
struct PaceRecord {
  std::uint64_t finished = 0;
  // The mean time in a slot, in nanoseconds; late requests weigh more.
  double service_ns = 0;
  friend bool operator==(const PaceRecord&, const PaceRecord&) = default;
};

// Starts that fail in a row, and the pause that follows from them.
struct BackoffRecord {
  std::uint32_t failures = 0;
  Duration pause{};
  TimePoint last_failure{};
  friend bool operator==(const BackoffRecord&, const BackoffRecord&) = default;
};

struct Checkpoint {
  Settings settings;
  bool started = false;
  bool shutting_down = false;
  bool ever_ready = false;
  std::uint32_t desired = 0;
  std::uint32_t next_replica = 1;
  std::uint64_t next_turn = 0;
  BackoffRecord backoff;
  PaceRecord pace;
  AcaRecord aca;
  std::vector<ReplicaRecord> replicas;  // in the order they were started
  std::vector<RequestRecord> waiting;   // in the order of the queue
  std::vector<RequestRecord> running;   // in the order of their ids
};

}  // namespace tenfold::core
