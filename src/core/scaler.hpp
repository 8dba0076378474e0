// What the policy knows: the signals and metrics that it is shown, and what it said last.
#pragma once

#include <optional>
#include <vector>

#include "core/checkpoint.hpp"
#include "core/events.hpp"
#include "core/scale/policy.hpp"
#include "core/service_times.hpp"

namespace tenfold::core {

// Owned by the Service, which tells it what happens, asks it for the policy's evaluations and carries them out.
class Scaler {
 public:
  // All are the service's own and outlive the scaler.
  Scaler(const Settings& settings, const ReplicaSet& replicas, const RequestTable& requests, const ServiceTimes& times,
         const std::uint32_t& decided);

  // The service came to life.
  void start(TimePoint now);
  // The settings changed: values of rules that stay are kept, and so is the policy's memory unless the policy, its
  // rules or its parameters changed.
  void configure(TimePoint now, const Settings& before);

  // Time goes on until `now`, with the load as it was.
  void advance(TimePoint now);
  void admitted() { ++signals_.arrivals; }
  // A request left, or its time was over, before it got a slot.
  void gave_up() { ++signals_.gone; }
  // A request got its first slot after `wait`.
  void dispatched(Duration wait);
  void observed(TimePoint now, const MetricObserved& metric);
  // What the service looks like after an event.
  void settle(TimePoint now);

  TimePoint next_evaluation() const { return policy_->next_evaluation(); }
  Evaluation evaluate(TimePoint now) { return policy_->evaluate(situation(now)); }
  PolicyKind policy() const { return policy_->kind(); }
  Preference preference() const { return policy_->preference(); }

  // Whether a decision of the policy tells anything that the last did not. Records it as told if so.
  bool is_news(const RecordDecision& decision);

  void save(Checkpoint& checkpoint) const;
  void load(const Checkpoint& checkpoint);

 private:
  Situation situation(TimePoint now) const {
    return {.now = now,
            .signals = signals_,
            .replicas = replicas_,
            .requests = requests_,
            .metrics = metrics_,
            .times = times_,
            .decided = decided_};
  }

  const Settings& settings_;
  const ReplicaSet& replicas_;
  const RequestTable& requests_;
  const ServiceTimes& times_;
  const std::uint32_t& decided_;
  SignalsRecord signals_;
  std::vector<MetricRecord> metrics_;
  std::unique_ptr<ScalePolicy> policy_;
  NewsRecord news_;
};

}  // namespace tenfold::core
