#include "live/board/board.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "http/status.hpp"
#include "live/problems.hpp"

namespace tenfold::live {

namespace {

void know(RuleStatus& status, double value, core::TimePoint at) {
  status.is_known = true;
  status.value = value;
  status.at = at;
}

// The rules of `scale`; what is known of those that stay is taken from `before`.
std::vector<RuleStatus> rules_of(const core::ScaleSettings& scale, const std::vector<RuleStatus>& before) {
  std::vector<core::ScaleRule> rules = scale.rules;
  const bool has_default = scale.policy == core::PolicyKind::kAca || scale.policy == core::PolicyKind::kHpa;
  if (rules.empty() && has_default) rules.push_back({.name = "http", .target = core::kDefaultConcurrentRequests});
  std::vector<RuleStatus> made;
  for (const core::ScaleRule& rule : rules) {
    const auto is_same = [&rule](const RuleStatus& old) {
      return old.rule.name == rule.name && old.rule.kind == rule.kind;
    };
    const auto old = std::ranges::find_if(before, is_same);
    made.push_back(old == before.end() ? RuleStatus{} : *old);
    made.back().rule = rule;
  }
  return made;
}

// The last one that is not empty.
std::string_view last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text.substr(text.rfind('\n') + 1);
}

template <class T>
void keep(std::deque<T>& recent, std::size_t most, T fresh) {
  if (recent.size() == most) recent.pop_front();
  recent.push_back(std::move(fresh));
}

}  // namespace

std::string_view ReplicaStatus::state() const {
  if (is_stopping) return "stopping";
  if (is_draining) return "draining";
  if (ready_at == core::TimePoint{}) return "starting";
  if (is_failing) return "not ready";
  return is_warm ? "warm" : "ready";
}

std::string_view RevisionStatus::word() const {
  switch (state) {
    case State::kOnItsWay:
      return "on its way";
    case State::kServing:
      return "serving";
    case State::kReplaced:
      return "replaced";
    case State::kRolledBack:
      return "rolled back";
    case State::kWithdrawn:
      return "withdrawn";
  }
  return "unknown";
}

Board::Board(const core::Settings& settings, DecisionWords words)
    : words_{std::move(words)}, rules_{rules_of(settings.scale, {})} {}

const ReplicaStatus* Board::replica(core::ReplicaId id) const {
  const auto found = replicas_.find(id);
  return found == replicas_.end() ? nullptr : &found->second;
}

ReplicaStatus* Board::find(core::ReplicaId id) {
  const auto found = replicas_.find(id);
  return found == replicas_.end() ? nullptr : &found->second;
}

// ---- what the core was told, and what it decides

void Board::stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
                    const core::Service& service) {
  if (began_ == core::TimePoint{}) began_ = now;
  take(now, event);
  for (const core::Action& action : actions) take(now, action, service);
  timeline_.see(now, service.levels());
}

void Board::take(core::TimePoint now, const core::Event& event) {
  if (const auto* changed = std::get_if<core::ConfigChanged>(&event))
    rules_ = rules_of((*changed->settings).scale, rules_);
  if (const auto* metric = std::get_if<core::MetricObserved>(&event); metric && metric->rule < rules_.size()) {
    rules_[metric->rule].is_failing = !metric->is_valid;
    if (metric->is_valid) know(rules_[metric->rule], metric->value, now);
  }
  if (std::holds_alternative<core::RequestArrived>(event)) timeline_.count_arrival(now);
  if (const auto* finished = std::get_if<core::ResponseFinished>(&event)) {
    ReplicaStatus* replica = find(finished->replica);
    if (replica && replica->running > 0) --replica->running;
  }
  if (const auto* failed = std::get_if<core::ProbeFailed>(&event)) {
    if (ReplicaStatus* replica = find(failed->replica)) replica->is_failing = true;
  }
  if (const auto* ready = std::get_if<core::ReplicaReady>(&event)) {
    if (ReplicaStatus* replica = find(ready->replica)) replica->is_failing = false;
  }
}

void Board::take(core::TimePoint now, const core::Action& action, const core::Service& service) {
  if (const auto* dispatch = std::get_if<core::Dispatch>(&action)) {
    counters_.retries += dispatch->attempt > 1 ? 1 : 0;
    if (ReplicaStatus* replica = find(dispatch->replica)) ++replica->running;
  } else if (const auto* reject = std::get_if<core::Reject>(&action)) {
    ++counters_.rejects[static_cast<std::size_t>(reject->reason)];
    note_failure(
        {.at = now, .request = reject->request, .status = problem_of(reject->reason).status, .reason = reject->reason});
  } else if (const auto* start = std::get_if<core::StartReplica>(&action)) {
    ++counters_.starts;
    replicas_[start->replica] = {.revision = start->revision, .started_at = now};
  } else if (const auto* reserve = std::get_if<core::ReserveReplica>(&action)) {
    if (ReplicaStatus* replica = find(reserve->replica)) replica->is_warm = true;
  } else if (const auto* enlist = std::get_if<core::EnlistReplica>(&action)) {
    if (ReplicaStatus* replica = find(enlist->replica)) replica->is_warm = false;
  } else if (const auto* drain = std::get_if<core::DrainReplica>(&action)) {
    if (ReplicaStatus* replica = find(drain->replica)) replica->is_draining = true;
  } else if (const auto* stop = std::get_if<core::StopReplica>(&action)) {
    if (ReplicaStatus* replica = find(stop->replica)) replica->is_stopping = true;
  } else if (const auto* decision = std::get_if<core::RecordDecision>(&action)) {
    note(now, *decision, service);
  }
}

void Board::note(core::TimePoint now, const core::RecordDecision& decision, const core::Service& service) {
  const bool is_default = decision.rule == core::kNoRule && service.settings().scale.rules.empty();
  const std::size_t rule = is_default ? 0 : decision.rule;
  if (decision.cause == core::DecisionCause::kRule && rule < rules_.size() &&
      !core::is_observed(rules_[rule].rule.kind)) {
    know(rules_[rule], decision.metric, now);
  }
  note_revision(now, decision);
  counters_.decisions += decision.starts + decision.drains + decision.enlists > 0 ? 1 : 0;
  keep(decisions_, kRecentDecisions,
       {.number = ++decisions_told_,
        .at = now,
        .decision = decision,
        .sentence = words_ ? words_(decision, service.settings(), began_) : std::string{}});
}

void Board::note_revision(core::TimePoint now, const core::RecordDecision& decision) {
  using State = RevisionStatus::State;
  const auto enter = [&](core::RevisionId id, State state) {
    const auto known = std::ranges::find(revisions_, id, &RevisionStatus::id);
    if (known == revisions_.end()) return keep(revisions_, kRecentRevisions, {.id = id, .state = state, .since = now});
    known->state = state;
    known->since = now;
  };
  switch (decision.cause) {
    case core::DecisionCause::kRollOut:
      return enter(decision.revision, State::kOnItsWay);
    case core::DecisionCause::kPromoted:
      for (const RevisionStatus& status : revisions_) {
        if (status.state == State::kServing) enter(status.id, State::kReplaced);
      }
      return enter(decision.revision, State::kServing);
    case core::DecisionCause::kRolledBack:
      return enter(decision.revision, State::kRolledBack);
    case core::DecisionCause::kWithdrawn:
      return enter(decision.revision, State::kWithdrawn);
    default:
      return;
  }
}

// ---- requests

void Board::request_opened(core::TimePoint, const RequestSeen&) { ++counters_.requests; }

void Board::client_left(core::TimePoint, core::RequestId) { ++counters_.clients_left; }

void Board::request_ended(core::TimePoint now, core::RequestId request, const ExchangeFacts& facts) {
  ++counters_.answers_by_class[http::status_class(facts.status)];
  if (facts.arrived == core::TimePoint{}) return;
  if (facts.status > 0) timeline_.count_answer(now, facts.status >= 400);
  if (facts.status >= 400) note_failure(now, request, facts);
  if (!facts.had_slot()) return;
  histograms_.wait.add(facts.attempt.front().dispatched - facts.arrived);
  wait_.add(now, facts.attempt.front().dispatched - facts.arrived);
  const Attempt& last = facts.last();
  if (last.done == core::TimePoint{} || last.outcome != core::Outcome::kAnswered) return;
  histograms_.service.add(last.done - last.dispatched);
  histograms_.total.add(now - facts.arrived);
  total_.add(now, now - facts.arrived);
  counters_.application_errors += facts.status >= 400 ? 1 : 0;
  if (ReplicaStatus* replica = find(last.replica)) ++replica->answered;
}

void Board::note_failure(PastFailure failure) {
  failure.number = ++failures_told_;
  keep(failures_, kRecentFailures, failure);
}

// One that Tenfold refused is known already; now its times are.
void Board::note_failure(core::TimePoint now, core::RequestId request, const ExchangeFacts& facts) {
  const auto known = std::ranges::find(failures_.rbegin(), failures_.rend(), request, &PastFailure::request);
  const bool is_known = known != failures_.rend();
  if (!is_known) note_failure({.at = now, .request = request, .status = facts.status});
  PastFailure& failure = is_known ? *known : failures_.back();
  failure.waited = (facts.had_slot() ? facts.attempt.front().dispatched : now) - facts.arrived;
  if (!facts.had_slot()) return;
  failure.replica = facts.last().replica;
  if (facts.last().done != core::TimePoint{}) failure.ran = facts.last().done - facts.last().dispatched;
}

// ---- replicas

void Board::replica_ready(core::TimePoint now, core::ReplicaId replica, const ReplicaAddress& address) {
  ReplicaStatus& status = replicas_[replica];
  status.ready_at = now;
  status.address = address;
  histograms_.cold_start[static_cast<std::size_t>(address.way)].add(now - status.started_at);
}

void Board::replica_exited(core::TimePoint, core::ReplicaId replica, const ReplicaExit& exit) {
  const ReplicaStatus& status = replicas_[replica];
  count_exit(exit, status.is_stopping);
  for (RevisionStatus& revision : revisions_) {
    const bool is_its = revision.id == status.revision && revision.state == RevisionStatus::State::kOnItsWay;
    if (!is_its || status.is_stopping) continue;
    revision.last_exit = exit.description;
    revision.last_line = last_line(exit.last_output);
  }
  replicas_.erase(replica);
}

void Board::count_exit(const ReplicaExit& exit, bool was_told) {
  Counters::Exits& exits = counters_.exits;
  if (was_told) {
    ++exits.told;
  } else if (exit.is_out_of_memory) {
    ++exits.out_of_memory;
  } else if (exit.kind == core::ExitKind::kNotStarted) {
    ++exits.not_started;
  } else if (exit.kind == core::ExitKind::kSignaled) {
    ++exits.signaled;
  } else {
    ++(exit.code == 0 ? exits.finished : exits.failed);
  }
}

void Board::usage_sampled(core::TimePoint, core::ReplicaId replica, const ReplicaUsage& usage) {
  ReplicaStatus& status = replicas_[replica];
  status.usage = usage;
  status.cpu_wait += usage.cpu_wait;
}

void Board::answer_refused(core::TimePoint, core::ReplicaId replica, std::string_view problem) {
  ++counters_.bad_answers;
  ReplicaStatus* status = find(replica);
  if (!status) return;
  std::vector<std::string>& known = status->bad_answers;
  if (known.size() < kMaxBadAnswers && std::ranges::find(known, problem) == known.end()) known.emplace_back(problem);
}

}  // namespace tenfold::live
