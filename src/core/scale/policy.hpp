// What a scale policy is: it watches the load and says, at instants of its choosing, how many replicas there should be.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/checkpoint.hpp"
#include "core/settings.hpp"
#include "core/time.hpp"

namespace tenfold::core {

// The load, from one event to the next.
struct Load {
  std::uint32_t waiting = 0;
  std::uint32_t running = 0;

  std::uint32_t in_flight() const { return waiting + running; }
};

// What a policy thinks and why. The service clamps it to min..max and carries it out.
struct Evaluation {
  double metric = 0;
  double target = 0;
  // By the metric and the target alone.
  std::uint32_t recommended = 0;
  // After the policy's memory: step limits, stabilization.
  std::uint32_t stabilized = 0;
};

// Pure: time comes in with every call, and the state can be saved. One policy a file in this folder.
class ScalePolicy {
 public:
  ScalePolicy() = default;
  ScalePolicy(const ScalePolicy&) = delete;
  ScalePolicy& operator=(const ScalePolicy&) = delete;
  virtual ~ScalePolicy() = default;

  virtual PolicyKind kind() const = 0;

  // The service came to life.
  virtual void start(TimePoint now) = 0;

  // The load from `now` on. Called whenever it may have changed, with never decreasing times.
  virtual void observe(TimePoint now, const Load& load) = 0;

  // When to ask `evaluate` next; nothing for a policy that only events wake.
  virtual std::optional<TimePoint> next_evaluation() const = 0;

  // `current` is the number of replicas that serve or start.
  virtual Evaluation evaluate(TimePoint now, std::uint32_t current) = 0;

  virtual void save(Checkpoint& checkpoint) const = 0;
  virtual void load(const Checkpoint& checkpoint) = 0;
};

std::unique_ptr<ScalePolicy> make_policy(const ScaleSettings& settings);

}  // namespace tenfold::core
