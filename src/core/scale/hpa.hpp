// The scale policy `hpa`: Kubernetes' HorizontalPodAutoscaler v2 as KEDA drives it.
//
// Source: kubernetes pkg/controller/podautoscaler (1.33), the defaults of autoscaling/v2, and KEDA 2 for zero.
//   - Evaluated every 15 s; the largest count that a metric asks for. The arithmetic is in hpa_math.hpp.
//   - cpu, memory: the replicas' mean utilization.
//   - http, tcp: the average in flight since the last evaluation, rps: the rate since then; each the total of a target
//     of type AverageValue, as KEDA makes it. custom and schedule likewise, with their value as the total.
//   - queueWait: the 95th percentile of the waits so far, once for each replica, so that the count grows by how far
//     it is above its target: ceil(current * wait / target).
//   - A metric that is missing asks for nothing, and while one is missing the count does not shrink.
//   - Stabilization: not above the smallest recommendation of the window of `scaleUp`, 0 s, not below the largest of
//     that of `scaleDown`, 300 s. Then the policies: percent and pods per period.
//   - Zero is KEDA's: it brings the first replica as soon as there is anything to do, and takes the last when no rule
//     but cpu and memory has anything to ask for. Its cool-down, 300 s, is the stabilization here.
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
  std::optional<HpaProposal> ask(const Situation& situation, std::uint32_t rule) const;
  std::optional<HpaProposal> ask_utilization(const Situation& situation, const ScaleRule& rule) const;
  bool is_unsettled(const ReplicaRecord& replica, TimePoint now) const;
  Evaluation evaluation_of(const Proposals& proposals) const;
  static void activate(const Proposals& proposals, Evaluation& evaluation);
  static void decide_on_zero(const Proposals& proposals, Evaluation& evaluation);
  void remember_change(TimePoint now, std::uint32_t current);
  void begin_window(const Situation& situation);
  void stabilize(TimePoint now, std::uint32_t current, Evaluation& evaluation);
  void limit_rate(TimePoint now, std::uint32_t current, Evaluation& evaluation) const;

  Settings settings_;
  bool is_default_rule_ = false;
  HpaRecord state_;
};

// The bound of one step from `current` replicas under `behavior`, up or down, when the count has grown by `change` in
// the behavior's period so far. Never on the other side of `current`.
std::uint32_t hpa_limit_up(const HpaBehavior& behavior, std::uint32_t current, std::int64_t change);
std::uint32_t hpa_limit_down(const HpaBehavior& behavior, std::uint32_t current, std::int64_t change);

}  // namespace tenfold::core
