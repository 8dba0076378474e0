// A service as a few lines of test: first in, first out, on replicas of one slot. It tells a collector every step, as
// the core's driver does.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "report/collector.hpp"

namespace tenfold::report {

class FakeService {
 public:
  explicit FakeService(core::Settings settings = {}, Origin origin = Origin::kSimulation) : collector{origin} {
    core::Checkpoint checkpoint;
    checkpoint.settings = std::move(settings);
    collector.take(checkpoint);
  }

  void step(const core::Event& event, const core::Actions& actions = {}) { collector.step(now, event, actions); }

  // Replicas `first` to `last` start, and are ready after `cold_start`.
  void start(std::uint32_t first, std::uint32_t last, core::Duration cold_start) {
    begin_start(first, last);
    now += cold_start;
    for (std::uint32_t n = first; n <= last; ++n) ready(n);
  }
  void begin_start(std::uint32_t first, std::uint32_t last) {
    core::Actions actions;
    for (std::uint32_t n = first; n <= last; ++n) actions.emplace_back(core::StartReplica{core::ReplicaId{n}});
    step(core::TimerDue{}, actions);
  }
  void ready(std::uint32_t n) {
    core::Actions actions;
    take_waiting(core::ReplicaId{n}, actions);
    step(core::ReplicaReady{core::ReplicaId{n}}, actions);
  }

  void arrive(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const core::RequestId id{next_request++};
      waiting.push_back(id);
      core::Actions actions;
      if (!free.empty()) {
        const core::ReplicaId replica = free.front();
        free.pop_front();
        take_waiting(replica, actions);
      }
      step(core::RequestArrived{.request = id}, actions);
    }
  }

  // Every running request is answered after `service`, and the next of the queue takes its slot.
  void serve_round(core::Duration service) {
    now += service;
    for (const auto& [replica, request] : std::exchange(running, {})) {
      core::Actions actions;
      take_waiting(replica, actions);
      step(core::ResponseFinished{.request = request, .replica = replica}, actions);
    }
  }
  void serve_all(core::Duration service) {
    while (!running.empty()) serve_round(service);
  }

  void exit(std::uint32_t n, std::int32_t status = 0) {
    step(core::ReplicaExited{.replica = core::ReplicaId{n}, .code = status});
  }
  void decide(const core::RecordDecision& decision) { step(core::TimerDue{}, {decision}); }

  Story finish(const Selection& selection = {.scope = Scope::kWholeRun}) { return collector.finish(selection); }

  Collector collector;
  core::TimePoint now{};
  std::uint64_t next_request = 1;
  std::deque<core::RequestId> waiting;
  std::deque<core::ReplicaId> free;
  std::map<core::ReplicaId, core::RequestId> running;

 private:
  void take_waiting(core::ReplicaId replica, core::Actions& actions) {
    if (waiting.empty()) {
      free.push_back(replica);
      return;
    }
    actions.emplace_back(core::Dispatch{.request = waiting.front(), .replica = replica});
    running[replica] = waiting.front();
    waiting.pop_front();
  }
};

}  // namespace tenfold::report
