// A service's situation, set up by hand: what a policy is shown, without a service around it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/queue/request_table.hpp"
#include "core/scale/policy.hpp"
#include "core/service_times.hpp"

namespace tenfold::test {

// Time starts at zero and moves only by `advance`, under the load that `load` set.
class PolicyStage {
 public:
  explicit PolicyStage(const core::Settings& settings)
      : settings_{settings},
        replicas_{settings.replica},
        requests_{settings.queue},
        metrics_(settings.scale.rules.size()) {}

  core::TimePoint now() const { return now_; }
  core::ServiceTimes& times() { return times_; }
  core::ReplicaSet& replica_set() { return replicas_; }
  core::RequestTable& requests() { return requests_; }

  void advance(core::Duration span) {
    const auto ns = static_cast<double>(span.count());
    signals_.in_flight += ns * (signals_.waiting + signals_.running);
    signals_.busy += ns * signals_.running;
    now_ += span;
    signals_.integrated_until = now_;
  }

  // So many wait and run from now on. Only numbers: what waits is in no queue.
  void load(std::uint32_t waiting, std::uint32_t running) {
    signals_.waiting = waiting;
    signals_.running = running;
  }
  void arrive(std::uint64_t requests) { signals_.arrivals += requests; }

  // Requests that wait in the queue since now.
  void enqueue(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      requests_.enqueue({.id = core::RequestId{++last_request_}, .arrived = now_, .expected = times_.service()});
    }
    arrive(count);
    load(requests_.waiting(), signals_.running);
  }

  // So many replicas are ready, none starts.
  void ready(std::uint32_t count) {
    while (replicas_.counts().active() > count) replicas_.remove(replicas_.least_needed());
    while (replicas_.counts().active() < count) start_one();
    for (const core::Slot slot : replicas_.by_age()) {
      if (replicas_[slot].state == core::ReplicaState::kStarting)
        replicas_.enter(slot, core::ReplicaState::kReady, now_);
    }
  }
  void start_one() { replicas_.add(now_); }

  void observe(std::uint32_t rule, double value) {
    metrics_[rule] = {.was_observed = true, .value = value, .at = now_};
  }

  // CPUs and memory that each replica used last.
  void use(double cpus, core::Bytes memory = {}) {
    for (const core::Slot slot : std::vector{replicas_.by_age()}) replicas_.sample(slot, now_, cpus, memory);
  }

  core::Situation situation() const {
    return {.now = now_,
            .signals = signals_,
            .replicas = replicas_,
            .requests = requests_,
            .metrics = metrics_,
            .times = times_};
  }

 private:
  core::Settings settings_;
  core::TimePoint now_{};
  core::SignalsRecord signals_;
  core::ReplicaSet replicas_;
  core::RequestTable requests_;
  std::vector<core::MetricRecord> metrics_;
  core::ServiceTimes times_;
  std::uint64_t last_request_ = 0;
};

}  // namespace tenfold::test
