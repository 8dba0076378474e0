// Feeds the core with events and time, has its actions carried out, and records every step.
#pragma once

#include <chrono>
#include <vector>

#include "core/service.hpp"
#include "http/loop.hpp"
#include "live/clock.hpp"
#include "live/observer.hpp"

namespace tenfold::live {

// Carries actions out, each with the time of its step. Called by CoreDriver only, on the loop's thread.
class ActionHandler {
 public:
  virtual ~ActionHandler() = default;
  virtual void carry_out(core::TimePoint now, const core::Dispatch& action) = 0;
  virtual void carry_out(core::TimePoint now, const core::Reject& action) = 0;
  virtual void carry_out(core::TimePoint now, const core::CancelOnReplica& action) = 0;
  virtual void carry_out(core::TimePoint now, const core::StartReplica& action) = 0;
  virtual void carry_out(core::TimePoint now, const core::DrainReplica& action) = 0;
  virtual void carry_out(core::TimePoint now, const core::StopReplica& action) = 0;
  virtual void carry_out(core::TimePoint now, const core::RecordDecision& action) = 0;
  virtual void carry_out(core::TimePoint now, const core::ReserveReplica& action) = 0;
  virtual void carry_out(core::TimePoint now, const core::EnlistReplica& action) = 0;
};

// Owns the core. What an action brings about at once (a connection that is refused, say) is a new event: it waits until
// the step is carried out, so that the core never sees itself called from within.
//
// Not thread-safe: lives on the loop's thread.
class CoreDriver {
 public:
  // `handler` and `observers` must outlive the driver.
  CoreDriver(http::Loop& loop, const core::Settings& settings, ActionHandler& handler, const Observers& observers);

  // Takes an event that happens at `time`, which is now: who has looked at the clock already need not look again.
  void handle(core::TimePoint time, const core::Event& event);
  void handle(const core::Event& event) { handle(now(loop_), event); }

  const core::Service& service() const { return service_; }

 private:
  struct Pending {
    core::TimePoint time;
    core::Event event;
  };

  void step(const Pending& pending);
  void arm();
  void on_timer();

  http::Loop& loop_;
  core::Service service_;
  ActionHandler& handler_;
  const Observers& observers_;
  core::Actions actions_;
  std::vector<Pending> pending_;
  bool is_stepping_ = false;
  core::TimePoint last_{};  // of a step: the core's time never goes back
  http::Timer timer_;
  // When the timer fires. It is moved only to an earlier time: most deadlines never come, and arming is a system call.
  core::TimePoint armed_for_ = core::kNever;
};

}  // namespace tenfold::live
