// What an app's configuration means to the core: validated numbers with their defaults and nothing else.
#pragma once

#include <cstdint>
#include <string>

#include "core/time.hpp"

namespace tenfold::core {

// The longest queue and the widest replica that the core is built for. Bounds on what a user may ask, so that a slip
// of the keyboard is an error message and not an allocation of gigabytes.
inline constexpr std::uint32_t kMaxQueue = 10'000'000;
inline constexpr std::uint32_t kMaxReplicas = 10'000;
inline constexpr std::uint32_t kMaxConcurrency = 100'000;

struct QueueSettings {
  // Requests that may wait for a slot; the next one is refused.
  std::uint32_t max_waiting = 10'000;
};

struct ReplicaSettings {
  // Slots per replica, a hard limit.
  std::uint32_t concurrency = 1;
  // From a replica's start until it must be ready; then the start has failed.
  Duration start_timeout = std::chrono::seconds{60};
  // How long a draining replica may finish what it has before it is stopped all the same, and how long a stopped
  // one may take from SIGTERM to its end.
  Duration grace = std::chrono::seconds{30};
  // Pause after a failed start: `backoff_first`, doubled with each further failure, at most `backoff_max`. A replica
  // that stays ready for `backoff_reset` clears the count. The scheme is the kubelet's for CrashLoopBackOff (10 s
  // doubling to 5 min, reset after 10 min), scaled to cold starts of milliseconds.
  Duration backoff_first = std::chrono::milliseconds{200};
  Duration backoff_max = std::chrono::seconds{30};
  Duration backoff_reset = std::chrono::seconds{10};
  // A replica that lost a request has most likely died, and its exit is on the way: it gets nothing for this long.
  Duration suspension = std::chrono::milliseconds{100};
};

enum class PolicyKind : std::uint8_t { kAca };

// Azure Container Apps' http rule: see core/scale/aca.hpp.
struct AcaSettings {
  // Requests per replica that the policy aims at (`concurrentRequests`).
  std::uint32_t target_concurrency = 10;
  Duration evaluation_interval = std::chrono::seconds{15};
  // Shrinking uses the largest recommendation of this span.
  Duration scale_down_stabilization = std::chrono::seconds{300};
};

struct ScaleSettings {
  std::uint32_t min_replicas = 2;
  std::uint32_t max_replicas = 10;
  PolicyKind policy = PolicyKind::kAca;
  AcaSettings aca;
};

struct Settings {
  QueueSettings queue;
  ReplicaSettings replica;
  ScaleSettings scale;
};

}  // namespace tenfold::core
