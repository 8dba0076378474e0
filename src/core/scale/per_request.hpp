// The scale policy `per-request`: an instance for each request, kept for a while, as AWS Lambda and Google Cloud
// Functions do it.
//
//   - Out: a request that finds no free slot gets a replica of its own, at once. There are never more on the way than
//     requests wait for; of replicas with several slots, one for as many requests as it has slots.
//   - Which replica: the newest that has a free slot, so that the oldest have nothing to do.
//   - In: a replica in which nothing has run for the keep-alive ends.
//   - The minimum is there always: provisioned concurrency.
//
// Two things are Tenfold's. A request is not bound to the replica that was started for it: it takes the first slot that
// is free, and that replica is there for the next. And at the maximum a request waits in the bounded queue, where those
// systems refuse it.
//
// Scale rules do not count. Replicas that were wanted and failed to start are given up when nobody waits for them.
//
// Source: N. Mahmoudi and H. Khazaei, "SimFaaS: A Performance Simulator for Serverless Computing Platforms", CLOSER
// 2021, and its ServerlessSimulator, whose published example is a test (tests/sim/closed_forms).
#pragma once

#include "core/scale/policy.hpp"

namespace tenfold::core {

class PerRequestPolicy final : public ScalePolicy {
 public:
  explicit PerRequestPolicy(const Settings& settings) : settings_{settings.scale} {}

  PolicyKind kind() const override { return PolicyKind::kPerRequest; }
  bool polls() const override { return false; }
  Preference preference() const override { return Preference::kNewest; }
  void start(const Situation& situation) override { observe(situation); }
  void observe(const Situation& situation) override;
  TimePoint next_evaluation() const override { return state_.next_evaluation; }
  Evaluation evaluate(const Situation& situation) override;
  void save(Checkpoint& checkpoint) const override { checkpoint.per_request = state_; }
  void load(const Checkpoint& checkpoint) override { state_ = checkpoint.per_request; }

 private:
  // When the replica ends that has been idle for longest; kNever if none is beyond the minimum.
  TimePoint next_end(const Situation& situation) const;

  ScaleSettings settings_;
  PerRequestRecord state_;
};

}  // namespace tenfold::core
