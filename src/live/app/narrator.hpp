// Says in words what happens to the replicas of an app.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "live/board/board.hpp"
#include "live/log.hpp"
#include "live/observer.hpp"

namespace tenfold::live {

// Told before the board, which still has what was. Both are borrowed.
class Narrator final : public Observer {
 public:
  // What the app calls a revision, empty where it gives it no name.
  using NameOf = std::function<std::string(core::RevisionId revision)>;

  Narrator(Log& log, const Board& board, NameOf name_of) : log_{log}, board_{board}, name_of_{std::move(name_of)} {}

 private:
  void replica_ready(core::TimePoint now, core::ReplicaId replica, const ReplicaAddress& address) override;
  void replica_exited(core::TimePoint now, core::ReplicaId replica, const ReplicaExit& exit) override;
  void probe_failed(core::TimePoint now, core::ReplicaId replica, core::Probe probe, std::string_view why) override;
  void readiness_passed(core::TimePoint now, core::ReplicaId replica) override;
  void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
               const core::Service& service) override;
  void answer_refused(core::TimePoint now, core::ReplicaId replica, std::string_view problem) override;

  void tell(const core::RecordDecision& decision);
  // How the last replica of a revision ended that ended before it served.
  std::string_view last_exit_of(core::RevisionId revision) const;
  // "revision 2 (app--v2)".
  std::string named(core::RevisionId revision) const;

  Log& log_;
  const Board& board_;
  NameOf name_of_;
};

}  // namespace tenfold::live
