// What is known of a live service, for people and their tools: the one place that counts. The admin API's /status and
// /metrics are views of it.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/service.hpp"
#include "live/board/histogram.hpp"
#include "live/board/recent_spans.hpp"
#include "live/board/timeline.hpp"
#include "live/observer.hpp"

namespace tenfold::live {

// Totals since the start.
struct Counters {
  std::uint64_t requests = 0;                       // whose head was read
  std::array<std::uint64_t, 6> answers_by_class{};  // [2] is 2xx; [0] those that nobody got
  std::uint64_t application_errors = 0;             // answers of 400 and more that replicas gave
  std::array<std::uint64_t, core::kRejectReasons> rejects{};
  std::uint64_t retries = 0;
  std::uint64_t clients_left = 0;
  std::uint64_t bad_answers = 0;
  std::uint64_t starts = 0;
  std::uint64_t decisions = 0;  // after which replicas started or left
  // How replicas ended: as they were told to, by themselves with status 0, with another, by a signal, or never begun.
  struct Exits {
    std::uint64_t told = 0;
    std::uint64_t finished = 0;
    std::uint64_t failed = 0;
    std::uint64_t signaled = 0;
    std::uint64_t not_started = 0;
    std::uint64_t out_of_memory = 0;
  } exits;
};

// Of all requests that got a slot, and of all replicas that became ready.
struct Histograms {
  Histogram wait;     // from arrival to the first slot
  Histogram service;  // of the attempt that was answered
  Histogram total;    // from arrival to the end of the answer, of those that were answered
  std::array<Histogram, core::kStartWays> cold_start;  // by StartWay
};

// CPUs, on average over a sample.
inline double cores_used(const ReplicaUsage& usage) {
  return usage.wall > core::Duration::zero() ? core::to_seconds(usage.cpu) / core::to_seconds(usage.wall) : 0;
}

struct ReplicaStatus {
  core::RevisionId revision = core::kFirstRevision;
  core::TimePoint started_at{};
  core::TimePoint ready_at{};  // zero while it starts
  ReplicaAddress address;
  ReplicaUsage usage;         // of the last sample
  core::Duration cpu_wait{};  // as there, of all
  std::uint64_t answered = 0;
  std::uint32_t running = 0;             // slots that are taken
  std::vector<std::string> bad_answers;  // what was wrong with them, each kind once
  bool is_failing = false;               // its readiness probe
  bool is_warm = false;                  // outside the count
  bool is_draining = false;
  bool is_stopping = false;

  // "starting", "ready", "not ready", "warm", "draining" or "stopping".
  std::string_view state() const;
};

// A scale rule and the last that is known of it.
struct RuleStatus {
  core::ScaleRule rule;
  bool is_known = false;
  double value = 0;  // in the unit of its kind
  core::TimePoint at{};
  // Of a polled rule: the last question got no value.
  bool is_failing = false;
};

struct PastDecision {
  std::uint64_t number = 0;  // from 1
  core::TimePoint at{};
  core::RecordDecision decision;
  std::string sentence;  // empty where nobody makes one
};

// Makes a sentence of a decision, by the settings that held; points in time are told in seconds since `zero`.
using DecisionWords = std::function<std::string(const core::RecordDecision& decision, const core::Settings& settings,
                                                core::TimePoint zero)>;

// What became of a revision.
struct RevisionStatus {
  enum class State : std::uint8_t {
    kOnItsWay,
    kServing,
    kReplaced,    // it served, and another does now
    kRolledBack,  // it did not start
    kWithdrawn,   // it was not wanted any more before it was ready
  };
  core::RevisionId id = core::kFirstRevision;
  State state = State::kServing;
  core::TimePoint since{};
  // How the last of its replicas ended that ended before it served, a sentence without its subject, and the last line
  // that it had printed; each empty if there was none.
  std::string last_exit;
  std::string last_line;

  // "on its way", "serving", "replaced", "rolled back" or "withdrawn".
  std::string_view word() const;
};

// A request that got a status of 400 or more.
struct PastFailure {
  std::uint64_t number = 0;  // from 1
  core::TimePoint at{};
  core::RequestId request{};
  int status = 0;
  // Why Tenfold itself gave it; nothing where the program did.
  std::optional<core::RejectReason> reason;
  core::ReplicaId replica{};  // where it ran last; of none if it never did
  core::Duration waited{};    // until its first slot, or its end
  core::Duration ran{};       // in its last slot
};

// Of the last minute.
struct RecentMinute {
  SpanPercentiles wait;   // until the first slot
  SpanPercentiles total;  // until the answer's end, of those that were answered
};

// Lives on the loop's thread. Its memory is bounded: what is recent is kept, all else is counted.
class Board final : public Observer {
 public:
  static constexpr std::size_t kRecentDecisions = 100;
  static constexpr std::size_t kRecentFailures = 100;
  static constexpr std::size_t kRecentRevisions = 10;
  // A replica that always finds something else to answer is told of no more.
  static constexpr std::size_t kMaxBadAnswers = 8;

  explicit Board(const core::Settings& settings, DecisionWords words = {});

  const Counters& counters() const { return counters_; }
  const Histograms& histograms() const { return histograms_; }
  // By id: in the order of their starts.
  const std::map<core::ReplicaId, ReplicaStatus>& replicas() const { return replicas_; }
  // Null if there is none of this id.
  const ReplicaStatus* replica(core::ReplicaId id) const;
  // The rules in the order of the settings, or the default one of the policy if there are none; each with the value
  // that was observed, or stood in the last decision that it was the reason for.
  const std::vector<RuleStatus>& rules() const { return rules_; }
  // Oldest first.
  const std::deque<PastDecision>& recent_decisions() const { return decisions_; }
  const std::deque<PastFailure>& recent_failures() const { return failures_; }
  const std::deque<RevisionStatus>& recent_revisions() const { return revisions_; }
  // Numbers of the last decision and of the last failure; 0 if there was none.
  std::uint64_t decisions_told() const { return decisions_told_; }
  std::uint64_t failures_told() const { return failures_told_; }
  RecentMinute last_minute(core::TimePoint now) const { return {wait_.percentiles(now), total_.percentiles(now)}; }
  const std::deque<Second>& seconds(core::TimePoint now) { return timeline_.seconds(now); }
  // When the core took its first step.
  core::TimePoint began() const { return began_; }

  void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
               const core::Service& service) override;
  void request_opened(core::TimePoint now, const RequestSeen& request) override;
  void client_left(core::TimePoint now, core::RequestId request) override;
  void request_ended(core::TimePoint now, core::RequestId request, const ExchangeFacts& facts) override;
  void replica_ready(core::TimePoint now, core::ReplicaId replica, const ReplicaAddress& address) override;
  void replica_exited(core::TimePoint now, core::ReplicaId replica, const ReplicaExit& exit) override;
  void usage_sampled(core::TimePoint now, core::ReplicaId replica, const ReplicaUsage& usage) override;
  void answer_refused(core::TimePoint now, core::ReplicaId replica, std::string_view problem) override;

 private:
  void take(core::TimePoint now, const core::Event& event);
  void take(core::TimePoint now, const core::Action& action, const core::Service& service);
  void note(core::TimePoint now, const core::RecordDecision& decision, const core::Service& service);
  void note_revision(core::TimePoint now, const core::RecordDecision& decision);
  void count_exit(const ReplicaExit& exit, bool was_told);
  ReplicaStatus* find(core::ReplicaId id);
  void note_failure(PastFailure failure);
  void note_failure(core::TimePoint now, core::RequestId request, const ExchangeFacts& facts);

  DecisionWords words_;
  Counters counters_;
  Histograms histograms_;
  std::map<core::ReplicaId, ReplicaStatus> replicas_;
  std::vector<RuleStatus> rules_;
  std::deque<PastDecision> decisions_;
  std::deque<PastFailure> failures_;
  std::deque<RevisionStatus> revisions_{RevisionStatus{}};
  std::uint64_t decisions_told_ = 0;
  std::uint64_t failures_told_ = 0;
  RecentSpans wait_;
  RecentSpans total_;
  Timeline timeline_;
  core::TimePoint began_{};
};

}  // namespace tenfold::live
