#include "live/board/board.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "http/status.hpp"

namespace tenfold::live {

namespace {

// The driver tells the core of its values, and not the other way round.
bool is_observed(core::RuleKind kind) { return kind == core::RuleKind::kCustom || kind == core::RuleKind::kSchedule; }

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

template <class T>
void keep(std::deque<T>& recent, std::size_t most, T fresh) {
  if (recent.size() == most) recent.pop_front();
  recent.push_back(std::move(fresh));
}

}  // namespace

Board::Board(const core::Settings& settings) : rules_{rules_of(settings.scale, {})} {}

const ReplicaStatus* Board::replica(core::ReplicaId id) const {
  const auto found = replicas_.find(id);
  return found == replicas_.end() ? nullptr : &found->second;
}

// ---- what the core was told, and what it decides

void Board::stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
                    const core::Service& service) {
  take(now, event);
  for (const core::Action& action : actions) take(now, action, service);
}

void Board::take(core::TimePoint now, const core::Event& event) {
  if (const auto* changed = std::get_if<core::ConfigChanged>(&event))
    rules_ = rules_of((*changed->settings).scale, rules_);
  if (const auto* metric = std::get_if<core::MetricObserved>(&event); metric && metric->rule < rules_.size()) {
    rules_[metric->rule].is_failing = !metric->is_valid;
    if (metric->is_valid) know(rules_[metric->rule], metric->value, now);
  }
}

void Board::take(core::TimePoint now, const core::Action& action, const core::Service& service) {
  if (const auto* dispatch = std::get_if<core::Dispatch>(&action)) {
    counters_.retries += dispatch->attempt > 1 ? 1 : 0;
  } else if (const auto* reject = std::get_if<core::Reject>(&action)) {
    ++counters_.rejects[static_cast<std::size_t>(reject->reason)];
  } else if (const auto* start = std::get_if<core::StartReplica>(&action)) {
    ++counters_.starts;
    replicas_[start->replica].started_at = now;
  } else if (const auto* stop = std::get_if<core::StopReplica>(&action)) {
    if (const auto found = replicas_.find(stop->replica); found != replicas_.end()) found->second.is_stopping = true;
  } else if (const auto* decision = std::get_if<core::RecordDecision>(&action)) {
    note(now, *decision, service);
  }
}

void Board::note(core::TimePoint now, const core::RecordDecision& decision, const core::Service& service) {
  const bool is_default = decision.rule == core::kNoRule && service.settings().scale.rules.empty();
  const std::size_t rule = is_default ? 0 : decision.rule;
  if (decision.cause == core::DecisionCause::kRule && rule < rules_.size() && !is_observed(rules_[rule].rule.kind)) {
    know(rules_[rule], decision.metric, now);
  }
  counters_.decisions += decision.starts + decision.drains > 0 ? 1 : 0;
  keep(decisions_, kRecentDecisions, {.at = now, .decision = decision});
}

// ---- requests

void Board::request_opened(core::TimePoint, const RequestSeen&) { ++counters_.requests; }

void Board::client_left(core::TimePoint, core::RequestId) { ++counters_.clients_left; }

void Board::request_ended(core::TimePoint now, core::RequestId request, const ExchangeFacts& facts) {
  ++counters_.answers_by_class[http::status_class(facts.status)];
  if (facts.arrived == core::TimePoint{}) return;
  keep(requests_, kRecentRequests, {.id = request, .ended = now, .facts = facts});
  if (!facts.had_slot()) return;
  histograms_.wait.add(facts.attempt.front().dispatched - facts.arrived);
  const Attempt& last = facts.last();
  if (last.done == core::TimePoint{} || last.outcome != core::Outcome::kAnswered) return;
  histograms_.service.add(last.done - last.dispatched);
  histograms_.total.add(now - facts.arrived);
  counters_.application_errors += facts.status >= 400 ? 1 : 0;
  if (const auto found = replicas_.find(last.replica); found != replicas_.end()) ++found->second.answered;
}

// ---- replicas

void Board::replica_ready(core::TimePoint now, core::ReplicaId replica, const ReplicaAddress& address) {
  ReplicaStatus& status = replicas_[replica];
  status.ready_at = now;
  status.address = address;
  histograms_.cold_start.add(now - status.started_at);
}

void Board::replica_exited(core::TimePoint, core::ReplicaId replica, const ReplicaExit& exit) {
  count_exit(exit, replicas_[replica].is_stopping);
  replicas_.erase(replica);
}

void Board::count_exit(const ReplicaExit& exit, bool was_told) {
  Counters::Exits& exits = counters_.exits;
  if (was_told) {
    ++exits.told;
  } else if (exit.kind == core::ExitKind::kNotStarted) {
    ++exits.not_started;
  } else if (exit.kind == core::ExitKind::kSignaled) {
    ++exits.signaled;
  } else {
    ++(exit.code == 0 ? exits.finished : exits.failed);
  }
}

void Board::usage_sampled(core::TimePoint, core::ReplicaId replica, const ReplicaUsage& usage) {
  replicas_[replica].usage = usage;
}

void Board::answer_refused(core::TimePoint, core::ReplicaId replica, std::string_view problem) {
  ++counters_.bad_answers;
  const auto found = replicas_.find(replica);
  if (found == replicas_.end()) return;
  std::vector<std::string>& known = found->second.bad_answers;
  if (known.size() < kMaxBadAnswers && std::ranges::find(known, problem) == known.end()) known.emplace_back(problem);
}

}  // namespace tenfold::live
