// The scale policy `aca`: Azure Container Apps as documented.
//
// Source: Microsoft Learn, "Set scaling rules in Azure Container Apps" (2026).
//   - http and tcp rules are evaluated every 15 s. Their metric is the number of requests (connections) that arrived in
//     the past 15 s, divided by 15. Mind that this is a rate, not a concurrency: 100 requests at once measure 6.67.
//     Users report that the live service does not follow its own formula; ours is the documented one. `metric:
//     inflight` takes the time-average of requests in flight instead.
//   - All other rules are polled every `pollingInterval`, 30 s.
//   - desired = ceil(metric / target) for each rule, the largest of them.
//   - Up: from c replicas one evaluation reaches at most max(4, 2c), or 1 from none; no stabilization.
//   - Down: at most the largest recommendation of the past 300 s is kept; then all of the excess goes at once.
//   - Zero is KEDA's (2.21, pkg/scaling/executor): when nothing was active for longer than `cooldownPeriod`, 300 s, all
//     replicas go at that look, however many there are. cpu and memory never ask for zero.
//   - The count is what was decided, as in a deployment's spec: a replica that died is still counted.
#pragma once

#include <algorithm>

#include "core/scale/policy.hpp"

namespace tenfold::core {

class AcaPolicy final : public ScalePolicy {
 public:
  explicit AcaPolicy(const Settings& settings);

  PolicyKind kind() const override { return PolicyKind::kAca; }
  void start(const Situation& situation) override;
  TimePoint next_evaluation() const override { return std::min(state_.next_evaluation, state_.next_poll); }
  Evaluation evaluate(const Situation& situation) override;
  void save(Checkpoint& checkpoint) const override { checkpoint.aca = state_; }
  void load(const Checkpoint& checkpoint) override { state_ = checkpoint.aca; }

 private:
  void look_at_windows(const Situation& situation);
  void poll(const Situation& situation);
  void ask(std::size_t rule, double measured);
  void remember(TimePoint now, std::uint32_t recommended);
  void limit(std::uint32_t current, Evaluation& evaluation) const;
  void deactivate(const Situation& situation, Evaluation& evaluation);

  Settings settings_;
  bool is_default_rule_ = false;
  bool has_window_ = false;
  bool has_polled_ = false;
  AcaRecord state_;
};

}  // namespace tenfold::core
