// The scale policy `knative`: Knative's Pod Autoscaler.
//
// Source: knative/serving pkg/autoscaler (main, August 2026) and the defaults of config-autoscaler.
//   - Every 2 s it looks at two averages of the requests in flight: over the stable window, 60 s, and over the panic
//     window, 6 s. Requests that wait count, as Knative's activator reports them. For `rps` it is the arrivals.
//   - A replica's target is the rule's, at most its slots, times 70 %; without a rule all of its slots times 70 %. For
//     `rps` the rule's times 70 %.
//   - When the panic average asks for twice the ready replicas, it panics: it grows by the panic average and does not
//     shrink until this was not so for a stable window. KnativeDecider has the rest.
//   - To zero it goes after a grace of 30 s. It begins with `initialScale`, and holds it until it was reached.
// Knative scales by one metric. Where an app has more rules, the largest of what they ask for counts: traffic by its
// windows, the others as floors.
#pragma once

#include "core/scale/knative_decider.hpp"
#include "core/scale/policy.hpp"
#include "core/scale/windows.hpp"

namespace tenfold::core {

class KnativePolicy final : public ScalePolicy {
 public:
  explicit KnativePolicy(const Settings& settings);

  PolicyKind kind() const override { return PolicyKind::kKnative; }
  void start(const Situation& situation) override;
  void observe(const Situation& situation) override;
  TimePoint next_evaluation() const override { return state_.next_evaluation; }
  Evaluation evaluate(const Situation& situation) override;
  void save(Checkpoint& checkpoint) const override;
  void load(const Checkpoint& checkpoint) override;

 private:
  struct Traffic;  // what the windows say

  void finish_seconds(const Situation& situation, std::int64_t second);
  void record(std::int64_t second, double in_flight, double arrivals);
  Traffic traffic(const Situation& situation) const;
  void hold(const Situation& situation, std::uint32_t ready, Evaluation& evaluation);

  Settings settings_;
  SecondsWindow stable_concurrency_;
  SecondsWindow panic_concurrency_;
  SecondsWindow stable_rate_;
  SecondsWindow panic_rate_;
  KnativeDecider decider_;
  // What the windows and the decider do not hold.
  KnativeRecord state_;
};

// What one replica is to carry, by Knative's rules: `rule` is nothing where no rule measures traffic.
double knative_target(const KnativeSettings& settings, const ScaleRule* rule, std::uint32_t slots);

}  // namespace tenfold::core
