// What a scale policy is: it watches the load and says, at instants of its choosing, how many replicas there should be.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/actions.hpp"
#include "core/checkpoint.hpp"
#include "core/replica_set.hpp"
#include "core/settings.hpp"
#include "core/time.hpp"

namespace tenfold::core {

class RequestTable;
class ServiceTimes;

// What happens in one instant is one decision of a policy that events wake: it is made when all of it has been told.
inline constexpr Duration kInstant = std::chrono::microseconds{1};

// What a policy may look at when it evaluates. All of it is the service's; nothing is kept beyond the call.
struct Situation {
  TimePoint now{};
  // Counters that only grow: a policy takes differences over its own windows. Integrated until `now`.
  const SignalsRecord& signals;
  const ReplicaSet& replicas;
  const RequestTable& requests;
  // By the place of their rules in the settings' list.
  std::span<const MetricRecord> metrics;
  const ServiceTimes& times;
  // The count that was decided last. A replica that failed is still counted here: the reference systems see what a
  // deployment is to have, not what of it lives.
  std::uint32_t decided = 0;

  // Replicas that serve or start.
  std::uint32_t current() const { return replicas.counts().active(); }
};

// What a policy thinks and why. The service clamps it to min..max and carries it out.
struct Evaluation {
  std::uint32_t rule = kNoRule;
  RuleKind measures = RuleKind::kHttp;
  double metric = 0;
  double target = 0;
  // By the metric and the target alone.
  std::uint32_t recommended = 0;
  // After the policy's memory, and what of it mattered.
  std::uint32_t stabilized = 0;
  Limit limit = Limit::kNone;
  Evidence evidence;
};

// Pure: time comes in with every call, and the state can be saved. One policy a file in this folder.
class ScalePolicy {
 public:
  ScalePolicy() = default;
  ScalePolicy(const ScalePolicy&) = delete;
  ScalePolicy& operator=(const ScalePolicy&) = delete;
  virtual ~ScalePolicy() = default;

  virtual PolicyKind kind() const = 0;

  // Whether it looks by the clock. Else events wake it, and what it measured is news only if something comes of it.
  virtual bool polls() const { return true; }

  // How it wants its replicas to be used.
  virtual Preference preference() const { return Preference::kLeastBusy; }

  // The service came to life, or changed to this policy.
  virtual void start(const Situation& situation) = 0;

  // What the service looks like after an event. Called after each, so it must be cheap.
  virtual void observe(const Situation&) {}

  // When to ask `evaluate` next; kNever for a policy that only events wake. It may lie in the past: then at once.
  virtual TimePoint next_evaluation() const = 0;

  virtual Evaluation evaluate(const Situation& situation) = 0;

  virtual void save(Checkpoint& checkpoint) const = 0;
  virtual void load(const Checkpoint& checkpoint) = 0;
};

std::unique_ptr<ScalePolicy> make_policy(const Settings& settings);

}  // namespace tenfold::core
