// What an app's configuration means to the core: validated numbers with their defaults and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/time.hpp"

namespace tenfold::core {

// The longest queue and the widest replica that the core is built for. Bounds on what a user may ask, so that a slip
// of the keyboard is an error message and not an allocation of gigabytes.
inline constexpr std::uint32_t kMaxQueue = 10'000'000;
inline constexpr std::uint32_t kMaxReplicas = 10'000;
inline constexpr std::uint32_t kMaxConcurrency = 100'000;
inline constexpr std::uint32_t kMaxRules = 64;
// A service that next to never computes would measure as good for any number.
inline constexpr std::uint32_t kMaxAutoConcurrency = 1000;

// Which of those that wait runs next.
enum class QueueOrder : std::uint8_t {
  kFifo,
  kShortest,  // the smallest expected service time, less what it has aged: see core/queue/order.hpp
};

struct QueueSettings {
  // Requests that may wait for a slot; the next one is refused.
  std::uint32_t max_waiting = 10'000;
  QueueOrder order = QueueOrder::kFifo;
  // Of `shortest`: a second of waiting counts as much as `aging` seconds of expected service. It bounds the wait: a
  // request is overtaken only by those that come within (its expected time - theirs) / aging after it.
  double aging = 0.1;
  friend bool operator==(const QueueSettings&, const QueueSettings&) = default;
};

// What ends a request whose client is gone or whose deadline has passed, in a replica that does not announce that
// closing its connection does.
enum class CancelMode : std::uint8_t {
  kNone,   // nothing: the work ends in its slot
  kClose,  // its connection is closed all the same
  kKill,   // its replica is killed and replaced, if nothing else runs there
};

struct ReplicaSettings {
  // Slots per replica, a hard limit. With `is_concurrency_auto` it is 1 until usage was measured, and follows that
  // then.
  std::uint32_t concurrency = 1;
  bool is_concurrency_auto = false;
  // CPUs and memory of a replica: what a utilization is a share of.
  double cpu = 0.5;
  Bytes memory = gibibytes(1);
  // From a replica's start until it must be ready; then the start has failed.
  Duration start_timeout = std::chrono::seconds{60};
  // At shutdown, how long what runs may take to finish; and always, how long a replica that has nothing left may take
  // from SIGTERM to its end. A replica that is sent away by scaling finishes what it has, whatever that takes.
  Duration grace = std::chrono::seconds{30};
  // Pause after a failed start: `backoff_first`, doubled with each further failure, at most `backoff_max`. A replica
  // that has answered, or stayed ready for `backoff_reset`, is none. The scheme is the kubelet's for CrashLoopBackOff
  // (10 s doubling to 5 min, reset after 10 min), scaled to cold starts of milliseconds.
  Duration backoff_first = std::chrono::milliseconds{200};
  Duration backoff_max = std::chrono::seconds{30};
  Duration backoff_reset = std::chrono::seconds{10};
  // How a request that runs is taken back, and how long its replica may take to end it. After that the replica is
  // unhealthy. Where the work ends in its slot, the time counts from the request's deadline.
  CancelMode cancel = CancelMode::kNone;
  Duration cancel_grace = std::chrono::seconds{10};
  friend bool operator==(const ReplicaSettings&, const ReplicaSettings&) = default;
};

// The machine that all replicas share.
struct MachineSettings {
  // Its CPUs; zero where they are no limit.
  double cores = 0;
  friend bool operator==(const MachineSettings&, const MachineSettings&) = default;
};

// What a scale rule measures.
enum class RuleKind : std::uint8_t {
  kHttp,       // requests: their rate or the average in flight, as the policy defines it
  kTcp,        // connections; here each request stands for one
  kCpu,        // percent of the replicas' CPU
  kMemory,     // percent of the replicas' memory
  kRps,        // requests that arrive in a second
  kQueueWait,  // seconds: the 95th percentile of how long what is queued has waited so far
  kCustom,     // a number from elsewhere (MetricObserved)
  kSchedule,   // the count that a timetable asks for now (MetricObserved)
};

// Whose values the core is told (MetricObserved); it knows the others by itself.
constexpr bool is_observed(RuleKind kind) { return kind == RuleKind::kCustom || kind == RuleKind::kSchedule; }

struct ScaleRule {
  std::string name;
  RuleKind kind = RuleKind::kHttp;
  // What each replica is to carry, in the unit of its kind; above zero. 1 for a schedule.
  double target = 10;
  // Of custom and schedule: how long an observed value counts when no newer one comes; then the metric is missing.
  Duration keep = std::chrono::seconds{120};
  friend bool operator==(const ScaleRule&, const ScaleRule&) = default;
};

// No rule: the default one, or a policy that needs none.
inline constexpr std::uint32_t kNoRule = ~std::uint32_t{0};

// Azure's rule where an app states none: http, 10 concurrent requests.
inline constexpr double kDefaultConcurrentRequests = 10;

enum class PolicyKind : std::uint8_t { kAca, kHpa, kKnative, kSlo, kPerRequest };
inline constexpr std::size_t kPolicyKinds = 5;

// Azure Container Apps: see core/scale/aca.hpp.
enum class AcaMetric : std::uint8_t {
  kRate,      // arrivals of the window over its seconds, as documented
  kInFlight,  // the time-average of requests in flight over the window
};
struct AcaSettings {
  AcaMetric metric = AcaMetric::kRate;
  // Of the http and tcp rules, and the length of their window.
  Duration evaluation_interval = std::chrono::seconds{15};
  // Of all other rules.
  Duration polling_interval = std::chrono::seconds{30};
  // How long after the last activity the step to zero is taken; of `hpa` too, since both are KEDA's.
  Duration cooldown_period = std::chrono::seconds{300};
  // Shrinking uses the largest recommendation of this span.
  Duration scale_down_stabilization = std::chrono::seconds{300};
  friend bool operator==(const AcaSettings&, const AcaSettings&) = default;
};

// Kubernetes' HorizontalPodAutoscaler: see core/scale/hpa.hpp.
enum class SelectPolicy : std::uint8_t { kMax, kMin, kDisabled };
enum class HpaPolicyType : std::uint8_t { kPods, kPercent };
// How far the count may change within a period: by so many replicas, or by so many percent of what it was at the
// period's beginning.
struct HpaScalingPolicy {
  HpaPolicyType type = HpaPolicyType::kPercent;
  std::uint32_t value = 100;
  Duration period = std::chrono::seconds{15};
  friend bool operator==(const HpaScalingPolicy&, const HpaScalingPolicy&) = default;
};
// One direction of `behavior` in autoscaling/v2.
struct HpaBehavior {
  Duration stabilization_window{};
  SelectPolicy select_policy = SelectPolicy::kMax;
  // None: those of the API server's defaults, 100 % in 15 s, and upwards 4 replicas in 15 s beside.
  std::vector<HpaScalingPolicy> policies;
  // Nothing: that of HpaSettings.
  std::optional<double> tolerance;
  friend bool operator==(const HpaBehavior&, const HpaBehavior&) = default;
};
struct HpaSettings {
  Duration sync_period = std::chrono::seconds{15};
  double tolerance = 0.1;
  Duration cpu_initialization_period = std::chrono::seconds{300};
  Duration initial_readiness_delay = std::chrono::seconds{30};
  // Whether there is a `behavior`. Without one, which is what KEDA makes, the controller takes another path: of what
  // follows only the window of `scale_down` counts then.
  bool has_behavior = false;
  HpaBehavior scale_up;
  HpaBehavior scale_down{.stabilization_window = std::chrono::seconds{300}};
  friend bool operator==(const HpaSettings&, const HpaSettings&) = default;
};

// Knative's Pod Autoscaler: see core/scale/knative.hpp.
struct KnativeSettings {
  double container_concurrency_target_percentage = 70;
  // What a replica carries at most where its slots are measured (`concurrency: auto`).
  double container_concurrency_target_default = 100;
  // The target of a rule `rps` that states none.
  double requests_per_second_target_default = 200;
  double target_burst_capacity = 211;
  Duration stable_window = std::chrono::seconds{60};
  double panic_window_percentage = 10;
  double panic_threshold_percentage = 200;
  double max_scale_up_rate = 1000;
  double max_scale_down_rate = 2;
  Duration scale_to_zero_grace_period = std::chrono::seconds{30};
  Duration scale_to_zero_pod_retention_period{};
  Duration scale_down_delay{};
  std::uint32_t initial_scale = 1;
  std::uint32_t activation_scale = 1;
  Duration tick_interval = std::chrono::seconds{2};
  friend bool operator==(const KnativeSettings&, const KnativeSettings&) = default;
};

// Ours: see core/scale/slo.hpp.
struct SloSettings {
  // The 95th percentile of the time that a request waits for its slot is to stay below this.
  Duration target = std::chrono::milliseconds{500};
  friend bool operator==(const SloSettings&, const SloSettings&) = default;
};

// One instance per request: see core/scale/per_request.hpp.
struct PerRequestSettings {
  // How long a replica is kept in which nothing runs. The default is SimFaaS's.
  Duration keep_alive = std::chrono::minutes{10};
  friend bool operator==(const PerRequestSettings&, const PerRequestSettings&) = default;
};

struct ScaleSettings {
  std::uint32_t min_replicas = 2;
  std::uint32_t max_replicas = 10;
  // Replicas that are started and ready beside those that are wanted, as many as max leaves room for: what is wanted
  // next is taken from them at once.
  std::uint32_t warm = 0;
  PolicyKind policy = PolicyKind::kAca;
  // None: the one of kDefaultConcurrentRequests.
  std::vector<ScaleRule> rules;
  AcaSettings aca;
  HpaSettings hpa;
  KnativeSettings knative;
  SloSettings slo;
  PerRequestSettings per_request;
  friend bool operator==(const ScaleSettings&, const ScaleSettings&) = default;
};

struct Settings {
  QueueSettings queue;
  ReplicaSettings replica;
  MachineSettings machine;
  ScaleSettings scale;
  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace tenfold::core
