// The scale policy `aca`: Azure Container Apps' http rule with its documented step and stabilization rules.
//
// Source: Microsoft Learn, "Set scaling rules in Azure Container Apps" (2026).
//   - Evaluated every 15 s.
//   - desired = ceil(metric / target). Azure documents the metric as arrivals of the past 15 s divided by 15. This form
//   takes
//     the concurrency itself: the time-average of requests in flight, waiting and running, since the last evaluation.
//   - Up: from c replicas the next evaluation reaches at most max(4, 2c), or 1 from none; no stabilization.
//   - Down: at most the largest recommendation of the past 300 s is kept; then all of the excess goes at once.
#pragma once

#include "core/scale/policy.hpp"

namespace tenfold::core {

class AcaPolicy final : public ScalePolicy {
 public:
  explicit AcaPolicy(const AcaSettings& settings);

  PolicyKind kind() const override { return PolicyKind::kAca; }
  void start(TimePoint now) override;
  void observe(TimePoint now, const Load& load) override;
  std::optional<TimePoint> next_evaluation() const override { return state_.next_evaluation; }
  Evaluation evaluate(TimePoint now, std::uint32_t current) override;
  void save(Checkpoint& checkpoint) const override { checkpoint.aca = state_; }
  void load(const Checkpoint& checkpoint) override { state_ = checkpoint.aca; }

 private:
  void integrate_until(TimePoint now);
  double average_until(TimePoint now);
  std::uint32_t largest_recommendation() const;

  AcaSettings settings_;
  AcaRecord state_;
};

}  // namespace tenfold::core
