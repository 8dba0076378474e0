// The whole of what Tenfold decides: who waits, who runs where, when replicas start and stop, and why.
//
// Deterministic and without I/O. A driver (the live service, a simulation, a replay) feeds it events and carries its
// actions out; the same events give the same actions, always.
//
//   core::Service service{settings};
//   core::Actions actions;
//   service.handle(now, core::TimerDue{}, actions);          // the first step starts min replicas
//   service.handle(now, core::RequestArrived{id}, actions);
//   for (const core::Action& action : actions) std::visit(carry_out, action);
//   actions.clear();
//   wait_until(service.next_deadline());                     // then handle TimerDue
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/actions.hpp"
#include "core/checkpoint.hpp"
#include "core/events.hpp"
#include "core/settings.hpp"

namespace tenfold::core {

// What the service looks like now.
struct ServiceView {
  std::uint32_t waiting = 0;
  std::uint32_t running = 0;    // slots taken, those of withdrawn requests included
  std::uint32_t withdrawn = 0;  // slots taken by requests that nobody waits for any more
  std::uint32_t starting = 0;
  std::uint32_t ready = 0;
  // Of the ready ones, those that can serve: their readiness probe passes, and a slot is not held by withdrawn
  // requests.
  std::uint32_t serving = 0;
  std::uint32_t draining = 0;
  std::uint32_t stopping = 0;
  // Starting and ready ones of the revision that is to serve next. They are not among those before.
  std::uint32_t standbys = 0;
  // Kept warm, outside the count; and of these, the ones that are ready and pass their readiness probe.
  std::uint32_t warm = 0;
  std::uint32_t warm_ready = 0;
  std::uint32_t desired = 0;
  RevisionId revision = kFirstRevision;  // which serves
  RevisionId next_revision{};            // which is on its way; zero if none is
  std::uint32_t slots = 0;               // of each replica
  std::uint32_t start_failures = 0;      // in a row
  TimePoint oldest_waiting{};            // when it arrived, where something waits
  bool ever_ready = false;
  bool shutting_down = false;
};

// What may be looked at after each step: O(1), where ServiceView counts replicas.
struct Levels {
  std::uint32_t waiting = 0;
  std::uint32_t running = 0;
  std::uint32_t starting = 0;
  std::uint32_t ready = 0;
  std::uint32_t desired = 0;
};

// Not thread-safe: one driver, one thread.
class Service {
 public:
  explicit Service(const Settings& settings);

  // Goes on where `checkpoint` was taken.
  explicit Service(const Checkpoint& checkpoint);

  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();

  // Takes one event at `now`, which never lies before that of an earlier call, and appends what follows from it to
  // `out`. Events about requests and replicas that have ended are ignored: the driver may be late, not wrong.
  //
  // What happens wins over the time that it had: an event that may be what a timer waits for (an answer, readiness, an
  // exit) counts even if that time has passed. So does one that is told later in the same instant, for a time that
  // ends now has passed only when TimerDue says so; a driver tells all that it knows of an instant before that.
  void handle(TimePoint now, const Event& event, Actions& out);

  // When TimerDue is due next; kNever if only another event can bring something about.
  TimePoint next_deadline() const;

  ServiceView view() const;
  Levels levels() const;
  const Settings& settings() const;
  Checkpoint save() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenfold::core
