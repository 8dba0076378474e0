// Drives a core in virtual time and holds its invariants at every step.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "check/invariants.hpp"
#include "core/service.hpp"

namespace tenfold::test {

constexpr core::RequestId request(std::uint64_t n) { return core::RequestId{n}; }
constexpr core::ReplicaId replica(std::uint32_t n) { return core::ReplicaId{n}; }

// Time starts at zero and moves only by `advance`; what the core asked for in the last step lies in `actions`.
class ServiceDriver {
 public:
  explicit ServiceDriver(const core::Settings& settings) : service_{settings}, invariants_{settings} {}

  core::TimePoint now() const { return now_; }
  core::Service& service() { return service_; }
  const core::Actions& actions() const { return actions_; }
  const check::Invariants& invariants() const { return invariants_; }
  core::ServiceView view() const { return service_.view(); }

  void handle(const core::Event& event) {
    actions_.clear();
    service_.handle(now_, event, actions_);
    const auto broken = invariants_.step(now_, event, actions_, service_.view());
    ASSERT_FALSE(broken) << *broken;
  }

  // Moves time on, and lets every timer on the way fire at its time. Keeps the actions of all of these steps.
  void advance(core::Duration span) {
    const core::TimePoint end = now_ + span;
    core::Actions all;
    while (service_.next_deadline() <= end) {
      now_ = std::max(now_, service_.next_deadline());
      handle(core::TimerDue{});
      all.insert(all.end(), actions_.begin(), actions_.end());
    }
    now_ = end;
    actions_ = std::move(all);
  }

  // Moves time on and looks at no timer, as a loop does that is held up.
  void sleep(core::Duration span) { now_ += span; }

  void start(std::uint32_t ready_replicas) {
    handle(core::TimerDue{});
    for (std::uint32_t n = 1; n <= ready_replicas; ++n) handle(core::ReplicaReady{replica(n)});
  }

  void arrive(std::uint64_t n) { handle(core::RequestArrived{.request = request(n)}); }

  void answer(std::uint64_t n, std::uint32_t on) {
    handle(core::ResponseFinished{.request = request(n), .replica = replica(on)});
  }

  void lose(std::uint64_t n, std::uint32_t on, core::Outcome outcome = core::Outcome::kNoAnswer) {
    handle(core::ResponseFinished{.request = request(n), .replica = replica(on), .outcome = outcome});
  }

  // The actions of one kind in the last step.
  template <class Kind>
  std::vector<Kind> of() const {
    std::vector<Kind> found;
    for (const core::Action& action : actions_) {
      if (const auto* match = std::get_if<Kind>(&action)) found.push_back(*match);
    }
    return found;
  }

 private:
  core::TimePoint now_{};
  core::Service service_;
  check::Invariants invariants_;
  core::Actions actions_;
};

}  // namespace tenfold::test
