// The scale policy `hpa`: Kubernetes' HorizontalPodAutoscaler v2 as KEDA drives it.
//
// Source: kubernetes pkg/controller/podautoscaler/horizontal.go (1.37), the defaults of autoscaling/v2, and KEDA 2.21
// pkg/scaling/executor for zero.
//   - Evaluated every 15 s; the largest count that a metric asks for. The arithmetic is in hpa_math.hpp.
//   - cpu, memory: the replicas' mean utilization.
//   - http, tcp: the average in flight since the last evaluation, rps: the rate since then; each the total of a target
//     of type AverageValue, as KEDA makes it. custom and schedule likewise, with their value as the total.
//   - queueWait: the 95th percentile of the waits so far, once for each replica, so that the count grows by how far
//     it is above its target: ceil(current * wait / target).
//   - A metric that is missing asks for nothing, and while one is missing the count does not shrink.
//   - Without a `behavior`, which is what KEDA makes: the largest recommendation of the past 300 s, those of 300 s ago
//     included, whether it lies below the count or above; then at most max(4, 2 * current).
//   - With one: not above the smallest recommendation of the window of `scaleUp`, 0 s, not below the largest of that of
//     `scaleDown`, 300 s. Then the policies of the direction, each so many replicas or percent per period.
//   - The count is what was decided, as in a deployment's spec: a replica that died is still counted.
//   - Zero is KEDA's: it brings the first replica as soon as there is anything to do, and takes all of them once
//     nothing but cpu and memory had anything to ask for, at any look, for longer than the cool-down, 300 s.
#pragma once

#include "core/scale/hpa_math.hpp"
#include "core/scale/policy.hpp"

namespace tenfold::core {

class HpaPolicy final : public ScalePolicy {
 public:
  explicit HpaPolicy(const Settings& settings);

  PolicyKind kind() const override { return PolicyKind::kHpa; }
  void start(const Situation& situation) override;
  TimePoint next_evaluation() const override { return state_.next_evaluation; }
  Evaluation evaluate(const Situation& situation) override;
  void save(Checkpoint& checkpoint) const override { checkpoint.hpa = state_; }
  void load(const Checkpoint& checkpoint) override { state_ = checkpoint.hpa; }

 private:
  struct Proposals;  // what all rules ask for

  Proposals ask_all(const Situation& situation) const;
  bool had_activity(const Situation& situation) const;
  std::optional<HpaProposal> ask(const Situation& situation, std::uint32_t rule) const;
  std::optional<HpaProposal> ask_utilization(const Situation& situation, const ScaleRule& rule) const;
  bool is_unsettled(const ReplicaRecord& replica, TimePoint now) const;
  Evaluation evaluation_of(const Proposals& proposals) const;
  static void activate(const Proposals& proposals, Evaluation& evaluation);
  void deactivate(const Situation& situation, const Proposals& proposals, Evaluation& evaluation);
  void remember_count(TimePoint now, std::uint32_t current);
  void begin_window(const Situation& situation);
  void stabilize(TimePoint now, std::uint32_t current, Evaluation& evaluation);
  void limit_rate(TimePoint now, std::uint32_t current, Evaluation& evaluation) const;

  Settings settings_;
  bool is_default_rule_ = false;
  HpaRecord state_;
};

// The tolerance of each direction: the behavior's where it states one.
HpaTolerance hpa_tolerance(const HpaSettings& settings);

// Records that the count changed from `before` to `after`, for limits of later steps.
void hpa_remember_change(const HpaSettings& settings, HpaRecord& memory, TimePoint at, std::uint32_t before,
                         std::uint32_t after);

// The bound of one step from `current` replicas at `now`, up or down, after the changes in `memory`. Never on the other
// side of `current`.
std::uint32_t hpa_limit_up(const HpaBehavior& behavior, std::uint32_t current, const HpaRecord& memory, TimePoint now);
std::uint32_t hpa_limit_down(const HpaBehavior& behavior, std::uint32_t current, const HpaRecord& memory,
                             TimePoint now);

}  // namespace tenfold::core
