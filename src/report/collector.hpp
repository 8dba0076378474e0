// Makes a story of what happens: it follows the records of a journal, or the steps of a core that someone drives.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "journal/reader.hpp"
#include "report/story.hpp"

namespace tenfold::report {

// The one path from events to `explain`, `simulate` and their comparison.
//
//   Collector collector{Origin::kSimulation};
//   collector.take(service.save());
//   for each event:  service.handle(now, event, actions);  collector.step(now, event, actions);
//   collector.advance(end);
//   Story story = collector.finish({.scope = Scope::kWholeRun});
//
// A journal also has notes: the status that each client got, process ids, how a replica ended. Without them the status
// follows from the end (200 if answered, that of the reason if rejected).
// Keeps some 150 bytes for each request and all decisions: a run of many millions of requests is not for it.
class Collector {
 public:
  explicit Collector(Origin origin = Origin::kJournal);

  // The core's state before the next step. Only the first counts, until one of a core that has not begun comes: then
  // another service begins, and all before it is forgotten. One behind a gap tells what happened within it.
  void take(const core::Checkpoint& checkpoint);
  void take(const journal::Step& step) { this->step(step.now, step.event, step.actions); }
  void take(const journal::Gap& gap);
  void take(const journal::ServiceNote& note);
  void take(const journal::RequestNote&) { has_notes_ = true; }
  void take(const journal::ClassNote& note) { story_.class_names[note.klass] = note.name; }
  void take(const journal::AnswerNote& note);
  void take(const journal::ReplicaReadyNote& note) { replica_of(note.replica).pid = note.pid; }
  // The step that it explains follows.
  void take(const journal::ProbeNote& note) { why_probe_failed_ = note.why; }
  void take(const journal::ReplicaExitNote& note) { replica_of(note.replica).exit = note.description; }

  void step(core::TimePoint now, const core::Event& event, const core::Actions& actions);

  // The run goes on until `now`, though no step says so: replicas that are there then count until then.
  void advance(core::TimePoint now) { story_.ended = std::max(story_.ended, now); }

  // The story so far; `unix_time_at_zero_ns` is what the wall clock said when the core's stood at zero. The collector
  // is empty afterwards.
  Story finish(const Selection& selection = {}, std::int64_t unix_time_at_zero_ns = 0);

 private:
  void forget();
  void begin(const core::Checkpoint& checkpoint);
  void go_on(const core::Checkpoint& checkpoint);
  void end_what_is_gone(const core::Checkpoint& checkpoint);
  void take_over(const core::RequestRecord& record);
  RequestStory& begin(core::RequestId id, core::TimePoint arrived);
  RequestStory* find(core::RequestId id);
  ReplicaStory& replica_of(core::ReplicaId id);
  void begin(const core::ReplicaRecord& record);
  void end(RequestStory& request, End how);

  void on(const core::RequestArrived& e);
  void on(const core::RequestCancelled& e) { cancelled_ = find(e.request); }
  void on(const core::ResponseFinished& e);
  void on(const core::ReplicaReady& e);
  void on(const core::ReplicaExited& e);
  void on(const core::UsageSampled& e);
  void on(const core::TimerDue&) {}
  void on(const core::ShutdownRequested&) {}
  void on(const core::ProbeFailed& e);
  void on(const core::MetricObserved& e);
  void on(const core::ConfigChanged& e);

  void on(const core::Dispatch& a);
  void on(const core::Reject& a);
  void on(const core::CancelOnReplica& a);
  void on(const core::StartReplica& a) { replica_of(a.replica).started = now_; }
  void on(const core::DrainReplica& a) { replica_of(a.replica).drained = now_; }
  void on(const core::StopReplica& a);
  void on(const core::RecordDecision& a);

  void end_cancelled();
  void record_load();
  void derive_statuses();
  void finish_replicas();

  Story story_;
  bool began_ = false;
  bool has_notes_ = false;
  bool is_behind_gap_ = false;  // what happened since the last step is known from the next checkpoint
  core::TimePoint now_{};
  std::uint32_t waiting_ = 0;
  std::uint32_t running_ = 0;
  std::vector<RequestStory> requests_;
  std::unordered_map<core::RequestId, std::size_t> index_;
  std::unordered_map<core::ReplicaId, ReplicaStory> replicas_;
  std::unordered_map<std::uint32_t, bool> is_metric_valid_;
  std::string why_probe_failed_;
  std::vector<LoadPoint> loads_;
  RequestStory* cancelled_ = nullptr;  // in the step under way
  RequestStory* lost_ = nullptr;       // likewise: its replica is gone, and what follows is in the step's actions
};

}  // namespace tenfold::report
