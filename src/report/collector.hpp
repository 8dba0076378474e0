// Makes a story of what happens: it follows the records of a journal, or the steps of a core that someone drives.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/replica_meter.hpp"
#include "journal/reader.hpp"
#include "report/burst.hpp"
#include "report/load_curve.hpp"
#include "report/outline.hpp"
#include "report/story.hpp"
#include "report/tally.hpp"

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
//
// Up to kMostKept requests it keeps, and can tell any burst of them. More are measured as they end and let go: its size
// is that of what is under way, and of all decisions. Then it tells what it was made for, which is all or the arrivals
// of `range`; where something else is selected, `range_to_take` says of what another collector must be made, that takes
// everything again.
class Collector {
 public:
  // 12 MB of them.
  static constexpr std::size_t kMostKept = 100'000;

  explicit Collector(Origin origin = Origin::kJournal, std::optional<ArrivalRange> range = {},
                     std::size_t most_kept = kMostKept);

  // A request of the range has ended, or the run has: what is told of it is complete. `order` is its place in the order
  // of arrival, from 0; `attempts` are the times that it had a slot, without the one that ended with it.
  struct Ended {
    const RequestStory& request;
    std::uint64_t order;
    const std::vector<AttemptStory>& attempts;
  };
  void on_end(std::function<void(const Ended&)> on_end) { on_end_ = std::move(on_end); }

  // The core's state before the next step. Only the first counts, until one of a core that has not begun comes: then
  // another service begins, and all before it is forgotten. One behind a gap tells what happened within it.
  void take(const core::Checkpoint& checkpoint);
  void take(const journal::Step& step) { this->step(step.now, step.event, step.actions); }
  void take(const journal::Gap& gap);
  void take(const journal::ServiceNote& note);
  void take(const journal::RequestNote&) { has_notes_ = true; }
  void take(const journal::ClassNote& note) { story_.class_names[note.klass] = note.name; }
  void take(const journal::AnswerNote& note);
  void take(const journal::ReplicaReadyNote& note) { replica_of(note.replica).story.pid = note.pid; }
  // The step that it explains follows.
  void take(const journal::ProbeNote& note) { why_probe_failed_ = note.why; }
  void take(const journal::ReplicaExitNote& note) { replica_of(note.replica).story.exit = note.description; }

  void step(core::TimePoint now, const core::Event& event, const core::Actions& actions);

  // The run goes on until `now`, though no step says so: replicas that are there then count until then.
  void advance(core::TimePoint now) { story_.ended = std::max(story_.ended, now); }

  // The story so far; `unix_time_at_zero_ns` is what the wall clock said when the core's stood at zero. The collector
  // is empty afterwards.
  Story finish(const Selection& selection = {}, std::int64_t unix_time_at_zero_ns = 0);

  // After `finish`: the arrivals that were selected, where they were too many to keep and not what this was made for.
  const std::optional<ArrivalRange>& range_to_take() const { return range_to_take_; }

 private:
  // A request that is under way, or of which more is to be told.
  struct Live {
    RequestStory story;
    std::uint64_t order = kOutside;
    std::vector<AttemptStory> attempts;
    bool has_slot = false;
    bool is_noted = false;
  };
  struct LiveReplica {
    ReplicaStory story;
    std::uint32_t running = 0;
    bool is_ready = false;  // also while it drains
  };
  static constexpr std::uint64_t kOutside = ~std::uint64_t{0};  // of the range

  void forget();
  void begin(const core::Checkpoint& checkpoint);
  void go_on(const core::Checkpoint& checkpoint);
  void end_what_is_gone(const core::Checkpoint& checkpoint);
  void take_over(const core::RequestRecord& record);
  Live& begin(core::RequestId id, core::TimePoint arrived);
  Live* find(core::RequestId id);
  LiveReplica& replica_of(core::ReplicaId id);
  void begin(const core::ReplicaRecord& record);
  void end(Live& live, End how);
  void let_go_of_ended();
  void let_go(core::RequestId id);
  void let_go_of_all();
  void begin_tally();
  bool is_complete(const Live& live) const;
  void finish_burst();

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
  void on(const core::StartReplica& a);
  void on(const core::DrainReplica& a) { replica_of(a.replica).story.drained = now_; }
  void on(const core::StopReplica& a);
  void on(const core::RecordDecision& a);
  void on(const core::ReserveReplica& a) { replica_of(a.replica).story.warm.push_back({.from = now_}); }
  void on(const core::EnlistReplica& a) { end_warm(replica_of(a.replica).story); }
  void end_warm(ReplicaStory& replica) const;

  void end_cancelled();
  void record_load();
  void count(const ReplicaMeter::Counts& by);
  void finish_replicas();

  Story story_;
  bool began_ = false;
  bool has_notes_ = false;
  bool is_behind_gap_ = false;  // what happened since the last step is known from the next checkpoint
  core::TimePoint now_{};
  std::uint32_t waiting_ = 0;
  std::uint32_t running_ = 0;
  std::unordered_map<core::RequestId, Live> live_;
  std::vector<core::RequestId> touched_;  // that may be complete when the step and its notes are over
  std::unordered_map<core::ReplicaId, LiveReplica> replicas_;
  ReplicaMeter meter_;
  std::unordered_map<std::uint32_t, bool> is_metric_valid_;
  std::string why_probe_failed_;
  Live* cancelled_ = nullptr;  // in the step under way
  Live* lost_ = nullptr;       // likewise: its replica is gone, and what follows is in the step's actions

  std::optional<ArrivalRange> range_;
  std::size_t most_kept_;
  std::optional<ArrivalRange> range_to_take_;
  std::function<void(const Ended&)> on_end_;
  Outline outline_;
  LoadCurve load_;
  core::TimePoint first_arrival_ = core::kNever;  // of the range
  core::TimePoint next_arrival_ = core::kNever;   // the first after it
  std::uint64_t arrivals_ = 0;                    // of the range
  std::uint64_t open_ = 0;                        // of those
  core::TimePoint last_end_ = core::kNever;       // of those
  std::vector<KeptRequest> kept_;
  std::optional<ArrivalWindow> window_;
  std::optional<Tally> tally_;  // once there are too many to keep
};

}  // namespace tenfold::report
