// A service as a scale policy sees it, made by hand: time, load and replicas are what the test says.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/queue/request_table.hpp"
#include "core/replica_set.hpp"
#include "core/scale/policy.hpp"
#include "core/service_times.hpp"

namespace tenfold::core {

class PolicyWorld {
 public:
  explicit PolicyWorld(const Settings& settings)
      : replicas{settings.replica}, requests{settings.queue}, metrics(settings.scale.rules.size()) {}

  Situation situation() const {
    return {.now = now,
            .signals = signals,
            .replicas = replicas,
            .requests = requests,
            .metrics = metrics,
            .times = times,
            .decided = decided.value_or(replicas.counts().active())};
  }

  // Time goes on, and the load stays.
  void advance(Duration span) {
    signals.in_flight += static_cast<double>(span.count()) * (signals.waiting + signals.running);
    now += span;
    signals.integrated_until = now;
  }

  void set_in_flight(std::uint32_t count) { signals.running = count; }
  void arrive(std::uint64_t count) { signals.arrivals += count; }

  // A request that waits since now.
  void enqueue(std::uint64_t id) {
    requests.enqueue({.id = RequestId{id}, .arrived = now});
    ++signals.waiting;
  }

  void add_starting(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) replicas.add(now);
  }
  void add_ready(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      replicas.enter(*replicas.find(replicas.add(now)), ReplicaState::kReady, now);
    }
  }
  // As the service does it: new replicas are ready at once, and the youngest go.
  void set_count(std::uint32_t count) {
    for (const Slot slot : replicas.least_needed(std::max(replicas.counts().active(), count) - count))
      replicas.remove(slot);
    add_ready(count - replicas.counts().active());
  }
  void sample_all(double cpus, Bytes memory = {}) {
    for (const Slot slot : replicas.by_age()) replicas.sample(slot, now, cpus, memory);
  }

  // Lets time go on to the policy's next evaluation, and carries it out within `least` and `most`.
  Evaluation evaluate(ScalePolicy& policy, std::uint32_t least = 0, std::uint32_t most = kMaxReplicas) {
    advance(policy.next_evaluation() - now);
    const Evaluation evaluation = policy.evaluate(situation());
    set_count(std::clamp(evaluation.stabilized, least, most));
    policy.observe(situation());
    return evaluation;
  }

  TimePoint now{};
  SignalsRecord signals;
  ReplicaSet replicas;
  RequestTable requests;
  std::vector<MetricRecord> metrics;
  ServiceTimes times;
  // Where it is not what lives.
  std::optional<std::uint32_t> decided;
};

}  // namespace tenfold::core
