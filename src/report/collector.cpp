#include "report/collector.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "core/words.hpp"
#include "report/requests.hpp"
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

// In the order of their arrival.
std::vector<const core::RequestRecord*> by_arrival(const core::Checkpoint& checkpoint) {
  std::vector<const core::RequestRecord*> records;
  for (const auto* list : {&checkpoint.waiting, &checkpoint.running}) {
    for (const core::RequestRecord& record : *list) records.push_back(&record);
  }
  std::ranges::stable_sort(records, {}, &core::RequestRecord::arrived);
  return records;
}

}  // namespace

Collector::Collector(Origin origin, std::optional<ArrivalRange> range, std::size_t most_kept)
    : range_{range}, most_kept_{most_kept} {
  story_.origin = origin;
}

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
  story_.prices = note.prices;
  story_.has_cpu = note.has_cpu;
  story_.has_memory = note.has_memory;
  if (note.endpoint.empty()) story_.origin = Origin::kSimulation;
}

void Collector::take(const journal::AnswerNote& note) {
  has_notes_ = true;
  Live* live = find(note.request);
  if (!live) return;
  live->story.status = note.status;
  live->story.cold_start = note.cold_start;
  live->is_noted = true;
  touched_.push_back(note.request);
}

void Collector::step(core::TimePoint now, const core::Event& event, const core::Actions& actions) {
  let_go_of_ended();
  if (story_.settings.empty()) story_.settings.push_back({now, {}});
  if (!began_) story_.began = story_.settings.front().at = now;
  if (began_) meter_.pass(now - now_);
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
  let_go_of_ended();
  let_go_of_all();
  finish_replicas();
  finish_burst();
  Story story = std::move(story_);
  const auto range_to_take = range_to_take_;
  const Origin origin = story.origin;
  forget();
  story_.origin = origin;
  range_to_take_ = range_to_take;
  return story;
}

// All of it goes on as if nothing had been.
void Collector::forget() {
  const Origin origin = story_.origin;
  Collector fresh{origin, range_, most_kept_};
  fresh.on_end_ = std::move(on_end_);
  *this = std::move(fresh);
}

void Collector::begin(const core::Checkpoint& checkpoint) {
  story_.settings.push_back({.settings = checkpoint.settings});
  meter_.set_min(checkpoint.settings.scale.min_replicas);
  for (const core::ReplicaRecord& replica : checkpoint.replicas) begin(replica);
  for (const core::RequestRecord* record : by_arrival(checkpoint)) take_over(*record);
  waiting_ = static_cast<std::uint32_t>(checkpoint.waiting.size());
  running_ = static_cast<std::uint32_t>(checkpoint.running.size());
}

// The state behind a gap: what is not there any more has ended, nobody knows how.
void Collector::go_on(const core::Checkpoint& checkpoint) {
  end_what_is_gone(checkpoint);
  meter_.clear_counts();
  meter_.set_min(checkpoint.settings.scale.min_replicas);
  for (const core::ReplicaRecord& replica : checkpoint.replicas) begin(replica);
  for (const core::RequestRecord* record : by_arrival(checkpoint)) {
    if (!live_.contains(record->id)) ++story_.requests;
    take_over(*record);
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
  std::vector<core::RequestId> gone;
  for (auto& [id, live] : live_) {
    if (live.story.end == End::kOpen && !requests.contains(id)) end(live, End::kMissing);
    if (live.story.end != End::kOpen) gone.push_back(id);
  }
  for (const core::RequestId id : gone) let_go(id);  // whatever was to be told of it still
  for (auto& [id, replica] : replicas_) {
    if (replica.story.exited ||
        std::ranges::find(checkpoint.replicas, id, &core::ReplicaRecord::id) != checkpoint.replicas.end())
      continue;
    replica.story.exited = now_;
    replica.story.exit = "how it ended is not in the journal";
  }
}

void Collector::take_over(const core::RequestRecord& record) {
  Live* live = find(record.id);
  if (!live) {
    live = &begin(record.id, record.arrived);
    live->story.klass = record.klass;
  }
  live->has_slot = record.state != core::RequestState::kWaiting;
  if (!live->has_slot) return;
  live->story.dispatched = record.dispatched;
  live->story.replica = record.replica;
  live->story.attempts = record.attempts;
}

// As it stands in a checkpoint; what is known of it already stays.
void Collector::begin(const core::ReplicaRecord& record) {
  LiveReplica& live = replica_of(record.id);
  ReplicaStory& replica = live.story;
  live.running = record.running;
  live.is_ready = record.state != core::ReplicaState::kStarting;
  count({.replicas = 1, .ready = live.is_ready ? 1 : 0, .busy = live.running > 0 ? 1 : 0});
  const bool was_warm = !replica.warm.empty() && replica.warm.back().to == core::kNever;
  if (record.is_warm && !was_warm) replica.warm.push_back({.from = record.since});
  if (!record.is_warm && was_warm) end_warm(replica);
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

Collector::Live& Collector::begin(core::RequestId id, core::TimePoint arrived) {
  if (Live* other = find(id)) {  // a number that is used again
    if (other->story.end == End::kOpen) end(*other, End::kMissing);
    let_go(id);
  }
  Live& live = live_[id];
  live.story = {.id = id, .arrived = arrived, .waiting_before = waiting_};
  outline_.arrived(arrived);
  if (range_ && !range_->contains(arrived)) {
    if (arrived > range_->last) next_arrival_ = std::min(next_arrival_, arrived);
    return live;
  }
  live.order = arrivals_++;
  ++open_;
  first_arrival_ = std::min(first_arrival_, arrived);
  if (!window_) window_.emplace(story_.settings.front().settings.scale.aca.evaluation_interval);
  window_->add(arrived);
  return live;
}

Collector::Live* Collector::find(core::RequestId id) {
  const auto entry = live_.find(id);
  return entry == live_.end() ? nullptr : &entry->second;
}

Collector::LiveReplica& Collector::replica_of(core::ReplicaId id) {
  LiveReplica& replica = replicas_[id];
  replica.story.id = id;
  return replica;
}

void Collector::end(Live& live, End how) {
  const bool was_open = live.story.end == End::kOpen;
  live.story.end = how;
  live.story.ended = now_;
  touched_.push_back(live.story.id);
  if (!was_open) return;
  outline_.ended(now_);
  if (live.order == kOutside) return;
  --open_;
  last_end_ = now_;
}

// A service's journal has a note of each end, which tells the status; a simulation has none.
bool Collector::is_complete(const Live& live) const {
  const bool has_status = live.is_noted || (!has_notes_ && story_.origin == Origin::kSimulation);
  return live.story.end != End::kOpen && !live.has_slot && has_status;
}

void Collector::let_go_of_ended() {
  for (const core::RequestId id : touched_) {
    const Live* live = find(id);
    if (live && is_complete(*live)) let_go(id);
  }
  touched_.clear();
}

void Collector::let_go_of_all() {
  std::vector<std::pair<std::uint64_t, core::RequestId>> all;
  all.reserve(live_.size());
  for (const auto& [id, live] : live_) all.emplace_back(live.order, id);
  std::ranges::sort(all);
  for (const auto& [order, id] : all) let_go(id);
}

// Nothing more is told of it.
void Collector::let_go(core::RequestId id) {
  const auto node = live_.extract(id);
  RequestStory& request = node.mapped().story;
  if (!has_notes_ && request.end == End::kAnswered) request.status = 200;
  if (!has_notes_ && request.end == End::kRejected) request.status = status_of(request.reason);
  if (has_failed(request)) outline_.failed(request.arrived);
  const std::uint64_t order = node.mapped().order;
  if (order == kOutside) return;
  if (on_end_) on_end_({.request = request, .order = order, .attempts = node.mapped().attempts});
  if (tally_) return tally_->add(request, order, story_.ended);
  kept_.push_back({.order = order, .request = request});
  if (kept_.size() > most_kept_) begin_tally();
}

void Collector::begin_tally() {
  tally_.emplace(Tally::Frame{.began = first_arrival_});
  for (const KeptRequest& kept : kept_) tally_->add(kept.request, kept.order, story_.ended);
  kept_ = {};
}

void Collector::finish_burst() {
  if (outline_.is_empty()) return;
  const auto selected = select(story_, outline_);
  if (!selected) return;
  if (!tally_) {
    story_.burst = measure(story_, std::move(kept_), *selected, load_.points());
    if (story_.burst && range_) story_.burst->told_until = next_arrival_;
  } else if (range_ ? selected->first == range_->first : is_all(story_, *selected)) {
    Burst burst = tally_->finish(story_.class_names);
    burst.load = load_.points();
    burst.load_facts = load_.facts();
    burst.most_within_evaluation = window_->most();
    burst.told_until = next_arrival_;
    story_.burst = std::move(burst);
  } else {
    range_to_take_ = selected;
  }
  if (story_.burst) share_out(story_.replicas, *story_.burst);
}

void Collector::on(const core::RequestArrived& e) {
  begin(e.request, now_).story.klass = e.klass;
  ++waiting_;
  ++story_.requests;
}

void Collector::on(const core::ResponseFinished& e) {
  if (e.outcome == core::Outcome::kBusy) ++story_.busy;
  Live* live = find(e.request);
  if (!live || !live->story.dispatched) return;
  live->has_slot = false;
  touched_.push_back(e.request);
  if (running_ > 0) --running_;
  if (LiveReplica& replica = replica_of(live->story.replica); replica.running > 0) {
    --replica.running;
    if (replica.running == 0) count({.busy = -1});
  }
  if (live->story.end != End::kOpen) return;  // had its end before its slot was free
  if (e.outcome == core::Outcome::kAnswered) return end(*live, End::kAnswered);
  if (e.outcome == core::Outcome::kAbandoned) return end(*live, End::kCancelled);
  live->attempts.push_back(
      {.replica = live->story.replica, .dispatched = *live->story.dispatched, .ended = now_, .outcome = e.outcome});
  lost_ = live;  // answered or dispatched again in this step, or it waits
  ++waiting_;
}

// A replica that got its readiness back was ready before.
void Collector::on(const core::ReplicaReady& e) {
  LiveReplica& live = replica_of(e.replica);
  ReplicaStory& replica = live.story;
  if (!std::exchange(live.is_ready, true)) count({.ready = 1});
  const bool is_again = replica.ready.has_value();
  if (!is_again) {
    replica.ready = now_;
    replica.way = e.way;
  }
  if (is_again) story_.probes.push_back({.at = now_, .probe = {.replica = e.replica}, .passes = true});
}

void Collector::on(const core::ProbeFailed& e) {
  story_.probes.push_back({.at = now_, .probe = e, .why = std::exchange(why_probe_failed_, {})});
}

void Collector::on(const core::ReplicaExited& e) {
  LiveReplica& live = replica_of(e.replica);
  ReplicaStory& replica = live.story;
  const bool was_busy = std::exchange(live.running, 0) > 0;
  const bool was_ready = std::exchange(live.is_ready, false);
  count({.replicas = -1, .ready = was_ready ? -1 : 0, .busy = was_busy ? -1 : 0});
  replica.exited = now_;
  if (replica.exit.empty()) replica.exit = exit_text(e);
  const bool was_told = replica.stopped && e.kind != core::ExitKind::kNotStarted;
  if (was_told) replica.exit = told_exit_text(replica, e, replica.exit);
}

void Collector::on(const core::UsageSampled& e) {
  ReplicaStory& replica = replica_of(e.replica).story;
  replica.cpu += e.cpu;
  replica.sampled += e.wall;
  replica.cpu_wait += e.cpu_wait;
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
  meter_.set_min(e.settings->scale.min_replicas);
  is_metric_valid_.clear();  // other rules, other places
}

void Collector::on(const core::Dispatch& a) {
  if (waiting_ > 0) --waiting_;
  ++running_;
  Live* live = find(a.request);
  if (!live) return;
  live->has_slot = true;
  RequestStory& request = live->story;
  request.dispatched = now_;
  request.replica = a.replica;
  request.attempts = a.attempt;
  LiveReplica& replica = replica_of(a.replica);
  if (replica.running++ == 0) count({.busy = 1});
  request.start_way = replica.story.way;
  if (!replica.story.started || !replica.story.ready) return;
  const core::TimePoint began = std::max(request.arrived, *replica.story.started);
  request.cold_start = std::max(core::Duration::zero(), *replica.story.ready - began);
}

void Collector::on(const core::StartReplica& a) {
  replica_of(a.replica).story.started = now_;
  count({.replicas = 1});
}

void Collector::on(const core::Reject& a) {
  Live* live = find(a.request);
  if (!live) return;
  const bool is_running = live->story.dispatched && live != lost_;
  if (!is_running && waiting_ > 0) --waiting_;
  live->story.reason = a.reason;
  end(*live, End::kRejected);
}

void Collector::on(const core::CancelOnReplica& a) {
  Live* live = find(a.request);
  if (!live) return;
  if (live->story.end == End::kOpen) end(*live, End::kCancelled);
  live->story.goes_on = a.how == core::CancelHow::kDiscard;
}

void Collector::on(const core::StopReplica& a) {
  ReplicaStory& replica = replica_of(a.replica).story;
  if (!replica.drained) replica.drained = now_;
  if (!replica.stopped) replica.stopped = now_;
  replica.grace = a.grace;
}

void Collector::on(const core::RecordDecision& a) { story_.decisions.push_back({now_, a, story_.settings.size() - 1}); }

void Collector::end_warm(ReplicaStory& replica) const {
  if (!replica.warm.empty()) replica.warm.back().to = now_;
}

// A cancelled request that only waited leaves no action.
void Collector::end_cancelled() {
  if (cancelled_ && cancelled_->story.end == End::kOpen) {
    end(*cancelled_, End::kCancelled);
    if (waiting_ > 0) --waiting_;
  }
  cancelled_ = lost_ = nullptr;
}

// Of a range only while it goes on.
void Collector::record_load() {
  if (range_ && (arrivals_ == 0 || (now_ > range_->last && open_ == 0 && now_ != last_end_))) return;
  load_.add({now_, waiting_, running_});
}

void Collector::count(const ReplicaMeter::Counts& by) {
  meter_.change(by);
  story_.used.most_replicas = std::max(story_.used.most_replicas, meter_.replicas());
}

void Collector::finish_replicas() {
  for (auto& [id, live] : replicas_) {
    ReplicaStory& replica = live.story;
    const core::TimePoint from = replica.started.value_or(story_.began);
    const core::TimePoint until = replica.exited.value_or(story_.ended);
    replica.seconds = std::max(0.0, seconds(until - from));
    for (const ReplicaStory::Warm& warm : replica.warm) {
      const core::TimePoint last = std::min({warm.to, until, replica.drained.value_or(core::kNever)});
      replica.warm_seconds += std::max(0.0, seconds(last - std::max(warm.from, from)));
    }
    story_.replicas.push_back(std::move(replica));
  }
  std::ranges::sort(story_.replicas, {}, &ReplicaStory::id);
  for (const ReplicaStory& replica : story_.replicas) {
    story_.replica_seconds += replica.seconds;
    story_.warm_replica_seconds += replica.warm_seconds;
  }
  if (began_) meter_.pass(story_.ended - now_);
  story_.used.replica_s = story_.replica_seconds;
  story_.used.idle_replica_s = std::min(meter_.idle_s(), story_.replica_seconds);
  story_.used.requests = story_.requests;
  story_.used.time = story_.ended - story_.began;
}

}  // namespace tenfold::report
