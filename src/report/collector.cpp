#include "report/collector.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "core/words.hpp"
#include "report/burst.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

// As live/problems.cpp answers.
int status_of(core::RejectReason reason) {
  switch (reason) {
    case core::RejectReason::kQueueFull:
    case core::RejectReason::kShuttingDown:
      return 503;
    case core::RejectReason::kDeadlineImpossible:
    case core::RejectReason::kDeadlinePassed:
      return 504;
    case core::RejectReason::kReplicaLost:
    case core::RejectReason::kBadAnswer:
      return 502;
    case core::RejectReason::kPoison:
      return 500;
    case core::RejectReason::kOutOfMemory:
      return 507;
  }
  return 500;
}

std::string exit_text(const core::ReplicaExited& e) {
  if (e.kind == core::ExitKind::kNotStarted) return "could not be started";
  return fmt::format("{} {}", to_word(e.kind), e.code);
}

// How a replica ended that had been told to: `how` is what its process says of it.
std::string told_exit_text(const ReplicaStory& replica, const core::ReplicaExited& e, const std::string& how) {
  constexpr int kKill = 9;
  constexpr int kTerminate = 15;
  const bool was_signaled = e.kind == core::ExitKind::kSignaled;
  if (was_signaled && e.code == kKill && replica.grace == core::Duration::zero()) return "was killed as told";
  if (was_signaled && e.code == kKill && *replica.exited - *replica.stopped >= replica.grace) {
    return fmt::format("was killed: it had not ended within its grace of {}", setting_text(replica.grace));
  }
  if (was_signaled && e.code != kTerminate) return "was told to end, and " + how;
  if (e.kind == core::ExitKind::kExited && e.code != 0) return fmt::format("ended as told, with status {}", e.code);
  return "ended as told";
}

}  // namespace

Collector::Collector(Origin origin) { story_.origin = origin; }

void Collector::take(const core::Checkpoint& checkpoint) {
  if (began_ && !checkpoint.started) forget();
  const bool is_behind_gap = std::exchange(is_behind_gap_, false);
  if (began_ && is_behind_gap) return go_on(checkpoint);
  if (began_ || !story_.settings.empty()) return;
  begin(checkpoint);
}

void Collector::take(const journal::Gap& gap) {
  story_.records_lost += gap.lost;
  is_behind_gap_ = true;
}

void Collector::take(const journal::ServiceNote& note) {
  story_.version = note.version;
  story_.command = note.command;
  story_.endpoint = note.endpoint;
  if (note.endpoint.empty()) story_.origin = Origin::kSimulation;
}

void Collector::take(const journal::AnswerNote& note) {
  has_notes_ = true;
  RequestStory* request = find(note.request);
  if (!request) return;
  request->status = note.status;
  request->cold_start = note.cold_start;
  // Nothing more is told of it; of millions the places would take more room than the stories.
  const bool has_left = request->end == End::kAnswered || (request->ended && !request->dispatched);
  if (has_left) index_.erase(note.request);
}

void Collector::step(core::TimePoint now, const core::Event& event, const core::Actions& actions) {
  if (story_.settings.empty()) story_.settings.push_back({now, {}});
  if (!began_) story_.began = story_.settings.front().at = now;
  began_ = true;
  story_.ended = now_ = now;
  std::visit([this](const auto& e) { on(e); }, event);
  for (const core::Action& action : actions) std::visit([this](const auto& a) { on(a); }, action);
  end_cancelled();
  record_load();
}

Story Collector::finish(const Selection& selection, std::int64_t unix_time_at_zero_ns) {
  story_.selection = selection;
  story_.unix_time_at_zero_ns = unix_time_at_zero_ns;
  derive_statuses();
  finish_replicas();
  std::ranges::stable_sort(requests_, {}, &RequestStory::arrived);  // checkpoints tell them in another order
  choose_burst(story_, std::move(requests_), loads_);
  Story story = std::move(story_);
  const Origin origin = story.origin;
  forget();
  story_.origin = origin;
  return story;
}

void Collector::forget() {
  const Origin origin = story_.origin;
  *this = Collector{origin};
}

void Collector::begin(const core::Checkpoint& checkpoint) {
  story_.settings.push_back({.settings = checkpoint.settings});
  for (const core::ReplicaRecord& replica : checkpoint.replicas) begin(replica);
  for (const auto* list : {&checkpoint.waiting, &checkpoint.running}) {
    for (const core::RequestRecord& record : *list) {
      RequestStory& request = begin(record.id, record.arrived);
      request.klass = record.klass;
      if (record.state == core::RequestState::kWaiting) continue;
      request.dispatched = record.dispatched;
      request.replica = record.replica;
      request.attempts = record.attempts;
    }
  }
  waiting_ = static_cast<std::uint32_t>(checkpoint.waiting.size());
  running_ = static_cast<std::uint32_t>(checkpoint.running.size());
}

// The state behind a gap: what is not there any more has ended, nobody knows how.
void Collector::go_on(const core::Checkpoint& checkpoint) {
  end_what_is_gone(checkpoint);
  for (const core::ReplicaRecord& replica : checkpoint.replicas) begin(replica);
  for (const auto* list : {&checkpoint.waiting, &checkpoint.running}) {
    for (const core::RequestRecord& record : *list) take_over(record);
  }
  waiting_ = static_cast<std::uint32_t>(checkpoint.waiting.size());
  running_ = static_cast<std::uint32_t>(checkpoint.running.size());
  if (story_.settings.back().settings != checkpoint.settings) story_.settings.push_back({now_, checkpoint.settings});
}

void Collector::end_what_is_gone(const core::Checkpoint& checkpoint) {
  std::unordered_set<core::RequestId> requests;
  for (const auto* list : {&checkpoint.waiting, &checkpoint.running}) {
    for (const core::RequestRecord& record : *list) requests.insert(record.id);
  }
  for (RequestStory& request : requests_) {
    if (request.end == End::kOpen && !requests.contains(request.id)) end(request, End::kMissing);
  }
  for (auto& [id, replica] : replicas_) {
    if (replica.exited ||
        std::ranges::find(checkpoint.replicas, id, &core::ReplicaRecord::id) != checkpoint.replicas.end())
      continue;
    replica.exited = now_;
    replica.exit = "how it ended is not in the journal";
  }
}

void Collector::take_over(const core::RequestRecord& record) {
  RequestStory* request = find(record.id);
  if (!request) {
    request = &begin(record.id, record.arrived);
    request->klass = record.klass;
    ++story_.requests;
  }
  if (record.state == core::RequestState::kWaiting) return;
  request->dispatched = record.dispatched;
  request->replica = record.replica;
  request->attempts = record.attempts;
}

// As it stands in a checkpoint; what is known of it already stays.
void Collector::begin(const core::ReplicaRecord& record) {
  ReplicaStory& replica = replica_of(record.id);
  const auto since = [&record](std::optional<core::TimePoint>& time) {
    if (!time) time = record.since;
  };
  switch (record.state) {
    case core::ReplicaState::kStarting:
      since(replica.started);
      break;
    case core::ReplicaState::kReady:
      since(replica.ready);
      break;
    case core::ReplicaState::kDraining:
      since(replica.drained);
      break;
    case core::ReplicaState::kStopping:
      since(replica.drained);
      since(replica.stopped);
      break;
  }
}

RequestStory& Collector::begin(core::RequestId id, core::TimePoint arrived) {
  index_[id] = requests_.size();
  return requests_.emplace_back(RequestStory{.id = id, .arrived = arrived});
}

RequestStory* Collector::find(core::RequestId id) {
  const auto entry = index_.find(id);
  return entry == index_.end() ? nullptr : &requests_[entry->second];
}

ReplicaStory& Collector::replica_of(core::ReplicaId id) {
  ReplicaStory& replica = replicas_[id];
  replica.id = id;
  return replica;
}

void Collector::end(RequestStory& request, End how) {
  request.end = how;
  request.ended = now_;
}

void Collector::on(const core::RequestArrived& e) {
  begin(e.request, now_).klass = e.klass;
  ++waiting_;
  ++story_.requests;
}

void Collector::on(const core::ResponseFinished& e) {
  if (e.outcome == core::Outcome::kBusy) ++story_.busy;
  RequestStory* request = find(e.request);
  if (!request || !request->dispatched) return;
  if (running_ > 0) --running_;
  if (request->end != End::kOpen) return;  // had its end before its slot was free
  if (e.outcome == core::Outcome::kAnswered) return end(*request, End::kAnswered);
  if (e.outcome == core::Outcome::kAbandoned) return end(*request, End::kCancelled);
  story_.earlier_attempts[e.request].push_back(
      {.replica = request->replica, .dispatched = *request->dispatched, .ended = now_, .outcome = e.outcome});
  lost_ = request;  // answered or dispatched again in this step, or it waits
  ++waiting_;
}

// A replica that got its readiness back was ready before.
void Collector::on(const core::ReplicaReady& e) {
  ReplicaStory& replica = replica_of(e.replica);
  const bool is_again = replica.ready.has_value();
  if (!is_again) replica.ready = now_;
  if (is_again) story_.probes.push_back({.at = now_, .probe = {.replica = e.replica}, .passes = true});
}

void Collector::on(const core::ProbeFailed& e) {
  story_.probes.push_back({.at = now_, .probe = e, .why = std::exchange(why_probe_failed_, {})});
}

void Collector::on(const core::ReplicaExited& e) {
  ReplicaStory& replica = replica_of(e.replica);
  replica.exited = now_;
  if (replica.exit.empty()) replica.exit = exit_text(e);
  const bool was_told = replica.stopped && e.kind != core::ExitKind::kNotStarted;
  if (was_told) replica.exit = told_exit_text(replica, e, replica.exit);
}

void Collector::on(const core::UsageSampled& e) {
  ReplicaStory& replica = replica_of(e.replica);
  replica.cpu += e.cpu;
  replica.sampled += e.wall;
  replica.most_memory = std::max(replica.most_memory, e.memory);
}

void Collector::on(const core::MetricObserved& e) {
  const auto known = is_metric_valid_.find(e.rule);
  const bool was_valid = known == is_metric_valid_.end() || known->second;
  is_metric_valid_[e.rule] = e.is_valid;
  if (was_valid != e.is_valid) story_.metrics.push_back({now_, e, story_.settings.size() - 1});
}

void Collector::on(const core::ConfigChanged& e) {
  story_.settings.push_back({now_, *e.settings});
  is_metric_valid_.clear();  // other rules, other places
}

void Collector::on(const core::Dispatch& a) {
  if (waiting_ > 0) --waiting_;
  ++running_;
  RequestStory* request = find(a.request);
  if (!request) return;
  request->dispatched = now_;
  request->replica = a.replica;
  request->attempts = a.attempt;
  const auto replica = replicas_.find(a.replica);
  if (replica == replicas_.end() || !replica->second.started || !replica->second.ready) return;
  const core::TimePoint began = std::max(request->arrived, *replica->second.started);
  request->cold_start = std::max(core::Duration::zero(), *replica->second.ready - began);
}

void Collector::on(const core::Reject& a) {
  RequestStory* request = find(a.request);
  if (!request) return;
  const bool is_running = request->dispatched && request != lost_;
  if (!is_running && waiting_ > 0) --waiting_;
  request->reason = a.reason;
  end(*request, End::kRejected);
}

void Collector::on(const core::CancelOnReplica& a) {
  RequestStory* request = find(a.request);
  if (!request) return;
  if (request->end == End::kOpen) end(*request, End::kCancelled);
  request->goes_on = a.how == core::CancelHow::kDiscard;
}

void Collector::on(const core::StopReplica& a) {
  ReplicaStory& replica = replica_of(a.replica);
  if (!replica.drained) replica.drained = now_;
  if (!replica.stopped) replica.stopped = now_;
  replica.grace = a.grace;
}

void Collector::on(const core::RecordDecision& a) { story_.decisions.push_back({now_, a, story_.settings.size() - 1}); }

// A cancelled request that only waited leaves no action.
void Collector::end_cancelled() {
  if (cancelled_ && cancelled_->end == End::kOpen) {
    end(*cancelled_, End::kCancelled);
    if (waiting_ > 0) --waiting_;
  }
  cancelled_ = lost_ = nullptr;
}

void Collector::record_load() {
  if (!loads_.empty() && loads_.back().waiting == waiting_ && loads_.back().running == running_) return;
  loads_.push_back({now_, waiting_, running_});
}

void Collector::derive_statuses() {
  if (has_notes_) return;
  for (RequestStory& request : requests_) {
    if (request.end == End::kAnswered) request.status = 200;
    if (request.end == End::kRejected) request.status = status_of(request.reason);
  }
}

void Collector::finish_replicas() {
  for (auto& [id, replica] : replicas_) {
    const core::TimePoint from = replica.started.value_or(story_.began);
    replica.seconds = std::max(0.0, seconds(replica.exited.value_or(story_.ended) - from));
    story_.replicas.push_back(std::move(replica));
  }
  std::ranges::sort(story_.replicas, {}, &ReplicaStory::id);
  for (const ReplicaStory& replica : story_.replicas) story_.replica_seconds += replica.seconds;
}

}  // namespace tenfold::report
