#include "report/story.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "journal/reader.hpp"

namespace tenfold::report {

namespace {

// Rests shorter than this do not end a burst: what a closed-loop client leaves between two of its requests.
constexpr core::Duration kRest = std::chrono::milliseconds{500};

double seconds(core::Duration span) { return std::chrono::duration<double>{span}.count(); }

// Follows the records of a journal and keeps what the story needs of them.
class Collector {
 public:
  explicit Collector(Story& story) : story_{story} {}

  void take(const core::Checkpoint& checkpoint) {
    // A core that has not begun: another service writes here now, and the story is that of the last.
    if (began_ && !checkpoint.started) forget();
    if (began_) return;
    for (const core::ReplicaRecord& replica : checkpoint.replicas) replica_of(replica.id).ready = replica.since;
    for (const auto* list : {&checkpoint.waiting, &checkpoint.running}) {
      for (const core::RequestRecord& record : *list) {
        RequestStory& request = begin(record.id, record.arrived);
        if (record.state == core::RequestState::kWaiting) continue;
        request.dispatched = record.dispatched;
        request.replica = record.replica;
      }
    }
    waiting_ = static_cast<std::uint32_t>(checkpoint.waiting.size());
    running_ = static_cast<std::uint32_t>(checkpoint.running.size());
  }
  void take(const journal::Gap& gap) { story_.records_lost += gap.lost; }
  void take(const journal::ServiceNote& note) {
    story_.version = note.version;
    story_.command = note.command;
    story_.endpoint = note.endpoint;
  }
  void take(const journal::RequestNote&) {}
  void take(const journal::AnswerNote& note) {
    RequestStory* request = find(note.request);
    if (!request) return;
    request->status = note.status;
    request->cold_start = note.cold_start;
  }
  void take(const journal::ReplicaReadyNote& note) { replica_of(note.replica).pid = note.pid; }
  void take(const journal::ReplicaExitNote& note) { replica_of(note.replica).exit = note.description; }

  void take(const journal::Step& step) {
    if (!began_) story_.began = step.now;
    began_ = true;
    story_.ended = now_ = step.now;
    std::visit([this](const auto& event) { on(event); }, step.event);
    for (const core::Action& action : step.actions) std::visit([this](const auto& a) { on(a); }, action);
    after_step(step.event);
    loads_.push_back({now_, waiting_, running_});
  }

  std::vector<RequestStory>& requests() { return requests_; }
  const std::vector<LoadPoint>& loads() const { return loads_; }

  void finish() {
    for (auto& [id, replica] : replicas_) story_.replicas.push_back(replica);
    std::ranges::sort(story_.replicas, {}, &ReplicaStory::id);
  }

 private:
  void forget() {
    story_ = {};
    began_ = false;
    waiting_ = running_ = 0;
    requests_.clear();
    index_.clear();
    replicas_.clear();
    loads_.clear();
  }

  RequestStory& begin(core::RequestId id, core::TimePoint arrived) {
    index_[id] = requests_.size();
    return requests_.emplace_back(RequestStory{.id = id, .arrived = arrived});
  }
  RequestStory* find(core::RequestId id) {
    const auto entry = index_.find(id);
    return entry == index_.end() ? nullptr : &requests_[entry->second];
  }
  ReplicaStory& replica_of(core::ReplicaId id) {
    ReplicaStory& replica = replicas_[id];
    replica.id = id;
    return replica;
  }

  void end(RequestStory& request, End how) {
    request.end = how;
    request.ended = now_;
  }

  void on(const core::RequestArrived& e) {
    begin(e.request, now_);
    ++waiting_;
    ++story_.requests;
  }
  void on(const core::RequestCancelled& e) { cancelled_ = find(e.request); }
  void on(const core::ResponseFinished& e) {
    RequestStory* request = find(e.request);
    if (!request || !request->dispatched) return;
    if (running_ > 0) --running_;
    if (request->end != End::kOpen) return;  // had its end before its slot was free
    if (e.outcome == core::Outcome::kAnswered) return end(*request, End::kAnswered);
    if (e.outcome == core::Outcome::kAbandoned) return end(*request, End::kCancelled);
    lost_ = request;  // answered or dispatched again in this step, or it waits
    ++waiting_;
  }
  void on(const core::ReplicaReady& e) { replica_of(e.replica).ready = now_; }
  void on(const core::ReplicaExited& e) { replica_of(e.replica).exited = now_; }
  void on(const core::UsageSampled&) {}
  void on(const core::TimerDue&) {}
  void on(const core::ShutdownRequested&) {}

  void on(const core::Dispatch& a) {
    --waiting_;
    ++running_;
    RequestStory* request = find(a.request);
    if (!request) return;
    request->dispatched = now_;
    request->replica = a.replica;
    request->attempts = a.attempt;
  }
  void on(const core::Reject& a) {
    RequestStory* request = find(a.request);
    if (!request) return;
    const bool is_running = request->dispatched && request != lost_;
    if (!is_running && waiting_ > 0) --waiting_;
    request->reason = a.reason;
    end(*request, End::kRejected);
  }
  void on(const core::CancelOnReplica& a) {
    RequestStory* request = find(a.request);
    if (request && request->end == End::kOpen) end(*request, End::kCancelled);
  }
  void on(const core::StartReplica& a) { replica_of(a.replica).started = now_; }
  void on(const core::DrainReplica& a) { replica_of(a.replica).drained = now_; }
  void on(const core::StopReplica&) {}
  void on(const core::RecordDecision& a) { story_.decisions.push_back({now_, a}); }

  // A cancelled request that only waited leaves no action.
  void after_step(const core::Event&) {
    if (cancelled_ && cancelled_->end == End::kOpen) {
      end(*cancelled_, End::kCancelled);
      if (waiting_ > 0) --waiting_;
    }
    cancelled_ = lost_ = nullptr;
  }

  Story& story_;
  bool began_ = false;
  core::TimePoint now_{};
  std::uint32_t waiting_ = 0;
  std::uint32_t running_ = 0;
  std::vector<RequestStory> requests_;
  std::unordered_map<core::RequestId, std::size_t> index_;
  std::unordered_map<core::ReplicaId, ReplicaStory> replicas_;
  std::vector<LoadPoint> loads_;
  RequestStory* cancelled_ = nullptr;
  RequestStory* lost_ = nullptr;
};

core::TimePoint end_of(const RequestStory& request, core::TimePoint story_end) {
  return request.ended.value_or(story_end);
}

// Splits the requests, which are in the order of their arrival, where nothing was under way for a while.
std::vector<std::vector<RequestStory>> split_bursts(const std::vector<RequestStory>& requests,
                                                    core::TimePoint story_end) {
  std::vector<std::vector<RequestStory>> bursts;
  core::TimePoint busy_until{};
  for (const RequestStory& request : requests) {
    if (bursts.empty() || request.arrived > busy_until + kRest) bursts.emplace_back();
    bursts.back().push_back(request);
    busy_until = std::max(busy_until, end_of(request, story_end));
  }
  return bursts;
}

void count(Burst& burst, const RequestStory& request) {
  if (request.attempts > 1) ++burst.retried;
  if (request.cold_start > core::Duration::zero()) ++burst.cold_started;
  switch (request.end) {
    case End::kOpen:
      ++burst.unfinished;
      return;
    case End::kCancelled:
      ++burst.cancelled;
      return;
    case End::kRejected:
      ++burst.rejects[request.reason];
      break;
    case End::kAnswered:
      ++burst.shares[request.replica];
      break;
  }
  if (request.status != 0) ++burst.statuses[request.status];
}

Burst make_burst(std::vector<RequestStory> requests, const std::vector<LoadPoint>& loads, core::TimePoint story_end) {
  Burst burst{.began = requests.front().arrived, .last_arrival = requests.back().arrived};
  std::vector<double> wait;
  std::vector<double> service;
  std::vector<double> total;
  for (const RequestStory& request : requests) {
    burst.ended = std::max(burst.ended, end_of(request, story_end));
    count(burst, request);
    if (request.dispatched) wait.push_back(seconds(*request.dispatched - request.arrived));
    if (request.dispatched == request.arrived) ++burst.took_slots_at_once;
    if (request.end != End::kAnswered) continue;
    service.push_back(seconds(*request.ended - *request.dispatched));
    total.push_back(seconds(*request.ended - request.arrived));
  }
  burst.wait = percentiles_of(std::move(wait));
  burst.service = percentiles_of(std::move(service));
  burst.total = percentiles_of(std::move(total));
  for (const LoadPoint& point : loads) {
    if (point.at < burst.began || point.at > burst.ended) continue;
    burst.load.push_back(point);
    if (point.waiting <= burst.deepest_queue) continue;
    burst.deepest_queue = point.waiting;
    burst.deepest_at = point.at;
  }
  burst.requests = std::move(requests);
  return burst;
}

}  // namespace

double Burst::makespan_s() const { return seconds(ended - began); }

Percentiles percentiles_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const auto size = static_cast<double>(values.size());
  const auto rank = [&](double fraction) {
    return values[static_cast<std::size_t>(std::max(0.0, std::ceil(fraction * size) - 1))];
  };
  return {.count = values.size(),
          .min_s = values.front(),
          .mean_s = std::accumulate(values.begin(), values.end(), 0.0) / size,
          .p50_s = rank(0.5),
          .p90_s = rank(0.9),
          .p95_s = rank(0.95),
          .p99_s = rank(0.99),
          .max_s = values.back()};
}

std::expected<Story, std::string> tell(const std::filesystem::path& directory) {
  auto reader = journal::Reader::open(directory);
  if (!reader) return std::unexpected(reader.error());
  Story story;
  Collector collector{story};
  while (const auto record = reader->next()) {
    std::visit([&](const auto& r) { collector.take(r); }, *record);
  }
  if (!reader->problem().empty()) return std::unexpected(reader->problem());
  story.torn_files = reader->torn_files();
  story.unix_time_at_zero_ns = reader->unix_time_at_zero();
  collector.finish();
  auto bursts = split_bursts(collector.requests(), story.ended);
  story.bursts = bursts.size();
  if (bursts.empty()) return story;
  auto biggest = bursts.begin();
  for (auto burst = bursts.begin(); burst != bursts.end(); ++burst) {
    if (burst->size() >= biggest->size()) biggest = burst;
  }
  story.burst = make_burst(std::move(*biggest), collector.loads(), story.ended);
  for (ReplicaStory& replica : story.replicas) {
    const auto share = story.burst->shares.find(replica.id);
    if (share != story.burst->shares.end()) replica.answered = share->second;
  }
  return story;
}

}  // namespace tenfold::report
