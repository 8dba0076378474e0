#include "live/app/narrator.hpp"

#include <algorithm>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace tenfold::live {

namespace {

std::string_view way_text(core::StartWay way) {
  switch (way) {
    case core::StartWay::kExec:
      break;
    case core::StartWay::kFork:
      return ", forked";
    case core::StartWay::kFirstFork:
      return ", forked from a new zygote";
  }
  return "";
}

}  // namespace

void Narrator::replica_ready(core::TimePoint now, core::ReplicaId replica, const ReplicaAddress& address) {
  log_.info(fmt::format("replica {} is ready after {:.1f} ms{}", core::to_number(replica),
                        core::to_seconds(now - board_.replica(replica)->started_at) * 1000, way_text(address.way)));
}

void Narrator::replica_exited(core::TimePoint, core::ReplicaId replica, const ReplicaExit& exit) {
  if (!board_.replica(replica)->is_stopping)
    log_.warning(fmt::format("replica {} {}", core::to_number(replica), exit.description));
}

void Narrator::probe_failed(core::TimePoint, core::ReplicaId replica, core::Probe probe, std::string_view why) {
  const bool is_replaced = probe == core::Probe::kLiveness;
  log_.warning(fmt::format("replica {}: {}; {}", core::to_number(replica), why,
                           is_replaced ? "it is replaced" : "it gets nothing new until it passes"));
}

void Narrator::readiness_passed(core::TimePoint, core::ReplicaId replica) {
  log_.info(fmt::format("replica {}: its readiness probe passes again", core::to_number(replica)));
}

void Narrator::stepped(core::TimePoint, const core::Event&, const core::Actions& actions, const core::Service&) {
  for (const core::Action& action : actions) {
    if (const auto* decision = std::get_if<core::RecordDecision>(&action)) tell(*decision);
  }
}

void Narrator::tell(const core::RecordDecision& decision) {
  switch (decision.cause) {
    case core::DecisionCause::kRollOut:
      return log_.info(fmt::format("{} is on its way: {} replicas of it start beside those that serve",
                                   named(decision.revision), decision.starts));
    case core::DecisionCause::kPromoted:
      return log_.info(fmt::format("{} serves; {} replicas of the one before leave when they have finished",
                                   named(decision.revision), decision.drains));
    case core::DecisionCause::kRolledBack:
      return log_.error(
          fmt::format("revision {} is rolled back after {} failed starts, the last one {}; the one before serves on",
                      core::to_number(decision.revision), decision.failures, last_exit_of(decision.revision)));
    case core::DecisionCause::kWithdrawn:
      return log_.info(fmt::format("revision {} is withdrawn before it was ready", core::to_number(decision.revision)));
    case core::DecisionCause::kWarm:
      return log_.info(fmt::format("kept warm beside {} wanted: {} starting, {} leaving", decision.desired,
                                   decision.starts, decision.drains));
    default:
      if (decision.enlists + decision.starts + decision.drains > 0)
        log_.info(fmt::format("{} replicas wanted: {} waiting, {} running; {}{} starting, {} leaving{}",
                              decision.desired, decision.waiting, decision.running,
                              decision.enlists > 0 ? fmt::format("{} taken from the warm, ", decision.enlists) : "",
                              decision.starts, decision.drains,
                              decision.reserves > 0 ? fmt::format(", of which {} kept warm", decision.reserves) : ""));
  }
}

std::string_view Narrator::last_exit_of(core::RevisionId revision) const {
  const auto known = std::ranges::find(board_.recent_revisions(), revision, &RevisionStatus::id);
  return known == board_.recent_revisions().end() ? std::string_view{} : known->last_exit;
}

std::string Narrator::named(core::RevisionId revision) const {
  const std::string name = name_of_(revision);
  return fmt::format("revision {}{}", core::to_number(revision), name.empty() ? "" : fmt::format(" ({})", name));
}

// Each kind once.
void Narrator::answer_refused(core::TimePoint, core::ReplicaId replica, std::string_view problem) {
  const std::vector<std::string>& told = board_.replica(replica)->bad_answers;
  const bool is_told = std::ranges::find(told, problem) != told.end();
  if (is_told || told.size() == Board::kMaxBadAnswers) return;
  log_.warning(fmt::format("replica {}: {}; its client got 502", core::to_number(replica), problem));
}

}  // namespace tenfold::live
