// The scale policy `knative`: Knative's Pod Autoscaler.
//
// Source: knative/serving pkg/autoscaler (main, August 2026) and the defaults of config-autoscaler.
//   - Every 2 s it looks at two averages of the requests in flight: over the stable window, 60 s, and over the panic
//     window, 6 s. Requests that wait count, as Knative's activator reports them. For `rps` it is the arrivals.
//   - A replica's target is the rule's, at most its slots, times 70 %; without a rule all of its slots times 70 %,
//   where
//     they are measured no more than 100. For `rps` the rule's times 70 %, whatever the percentage is.
//   - A second is reported when it is over, by each replica that is ready and by the activator while it has a request.
//     From none the first request is reported at once, as one in flight for a second, and looked at.
//   - When the panic average asks for twice the ready replicas, it panics: it grows by the panic average and does not
//     shrink until this was not so for a stable window. KnativeDecider has the rest.
//   - To zero it goes when it was active for a stable window, its last replicas were kept for the retention period, 0
//   s,
//     and the activator was in the path for the grace, 30 s; or was not wanted for the longer of both. The activator is
//     in the path while the burst capacity is not covered (pkg/reconciler/autoscaling/kpa).
//   - It begins with `initial-scale`, and holds it until it was reached.
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
  TimePoint next_evaluation() const override { return state_.is_poked ? TimePoint{} : state_.next_evaluation; }
  Evaluation evaluate(const Situation& situation) override;
  void save(Checkpoint& checkpoint) const override;
  void load(const Checkpoint& checkpoint) override;

 private:
  struct Traffic;  // what the windows say

  bool has_reporters() const;
  void report_ahead();
  void finish_seconds(const Situation& situation, std::int64_t second);
  void record(std::int64_t second, double in_flight, double arrivals);
  Traffic traffic(const Situation& situation) const;
  void hold(const Situation& situation, std::uint32_t ready, Evaluation& evaluation);
  std::uint32_t initial_scale() const;
  void retain(const Situation& situation, std::uint32_t ready, double excess, Evaluation& evaluation);
  bool keep_last(const Situation& situation, Evaluation& evaluation);
  bool may_be_none(TimePoint now) const;
  void enter(KnativeActivity activity, TimePoint now);

  Settings settings_;
  SecondsWindow stable_concurrency_;
  SecondsWindow panic_concurrency_;
  SecondsWindow stable_rate_;
  SecondsWindow panic_rate_;
  KnativeDecider decider_;
  // What the windows and the decider do not hold.
  KnativeRecord state_;
};

// The slots of a replica, and whether they follow what is measured: Knative knows no limit then.
struct KnativeSlots {
  std::uint32_t count = 1;
  bool is_measured = false;
};

// What one replica is to carry, and what it could, by Knative's rules: `rule` is nothing where no rule measures
// traffic. Source: pkg/reconciler/autoscaling/resources/target.go, in its order of operations.
struct KnativeTarget {
  double target = 0;
  double total = 0;
};
KnativeTarget knative_target(const KnativeSettings& settings, const ScaleRule* rule, KnativeSlots slots);

}  // namespace tenfold::core
