// What happened, as data: the facts of a journal or of a simulation, put in the order in which a person asks for them.
//
// Every number is measured: taken from the events and their times, never derived from the configuration.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/distribution.hpp"
#include "base/prices.hpp"
#include "core/actions.hpp"
#include "core/events.hpp"
#include "core/ids.hpp"
#include "core/settings.hpp"
#include "core/time.hpp"
#include "journal/disk.hpp"
#include "report/time_columns.hpp"

namespace tenfold::report {

// How long something took, by nearest rank, in seconds. Exact; percentiles of more than Distribution::kExact values are
// right to 0.1 %.
struct Percentiles {
  std::size_t count = 0;
  double min_s = 0;
  double mean_s = 0;
  double p50_s = 0;
  double p90_s = 0;
  double p95_s = 0;
  double p99_s = 0;
  double max_s = 0;
};
Percentiles percentiles_of(const Distribution& times);

enum class End : std::uint8_t {
  kOpen,
  kAnswered,
  kRejected,
  kCancelled,
  kMissing,  // it ended where the journal has a gap
};

// One request's life, by the core's clock.
struct RequestStory {
  core::RequestId id{};
  core::TimePoint arrived{};
  std::optional<core::TimePoint> dispatched;  // the last time, if more than once
  std::optional<core::TimePoint> ended;
  core::ReplicaId replica{};
  core::RequestClass klass{};
  int attempts = 0;
  End end = End::kOpen;
  core::RejectReason reason{};                       // of a rejected one
  int status = 0;                                    // that its client got; 0 if it was gone
  bool goes_on = false;                              // nobody waits for it any more, and its work ends in its slot
  core::Duration cold_start{};                       // of its wait: while the replica that served it was starting
  core::StartWay start_way = core::StartWay::kExec;  // of that replica
  std::uint32_t waiting_before = 0;                  // others, when it arrived
};

// A time that a request had a slot.
struct AttemptStory {
  core::ReplicaId replica{};
  core::TimePoint dispatched{};
  std::optional<core::TimePoint> ended;  // nothing while it has the slot
  core::Outcome outcome{};               // once it has ended
};

struct ReplicaStory {
  core::ReplicaId id{};
  std::optional<core::TimePoint> started;  // nothing if it was there before the story
  std::optional<core::TimePoint> ready;    // the first time
  core::StartWay way = core::StartWay::kExec;
  std::optional<core::TimePoint> drained;
  std::optional<core::TimePoint> stopped;  // told to end, within `grace`
  core::Duration grace{};
  std::optional<core::TimePoint> exited;
  std::string exit;  // in words
  std::int64_t pid = 0;
  std::uint64_t answered = 0;  // of the burst
  std::uint64_t failed = 0;    // of those
  // What it used while it was sampled, over the whole run.
  core::Duration cpu{};
  core::Duration sampled{};
  core::Duration cpu_wait{};  // of its threads, while they could have computed
  core::Bytes most_memory{};
  double seconds = 0;  // from its start (or the story's begin) to its exit (or the story's end)
  // When it was kept warm, outside the count; the last may go on until it leaves.
  struct Warm {
    core::TimePoint from{};
    core::TimePoint to = core::kNever;
  };
  std::vector<Warm> warm;
  double warm_seconds = 0;  // of its seconds
};

// The settings that held from `at` on.
struct SettingsStory {
  core::TimePoint at{};
  core::Settings settings;
};

struct DecisionStory {
  core::TimePoint at{};
  core::RecordDecision decision;
  std::size_t settings = 0;  // those that held: the place in Story::settings
};

// A replica that was ready failed a probe; or its readiness probe passed again.
struct ProbeStory {
  core::TimePoint at{};
  core::ProbeFailed probe;
  std::string why;  // as journal::ProbeNote has it; empty where nobody noted it
  bool passes = false;
};

// The value of a custom or schedule rule could no longer be had, or could again.
struct MetricStory {
  core::TimePoint at{};
  core::MetricObserved metric;
  std::size_t settings = 0;
};

// How many waited and ran, from one moment to the next.
struct LoadPoint {
  core::TimePoint at{};
  std::uint32_t waiting = 0;
  std::uint32_t running = 0;
};

// What is exact of the load, however many points of it are kept.
struct LoadFacts {
  std::uint32_t deepest_queue = 0;
  core::TimePoint deepest_at{};
  std::uint32_t most_running = 0;
  std::optional<core::TimePoint> emptied_at;  // the queue, the last time
};

// The requests of a class. Of more than 4,096 of them percentiles are right to 1 %.
struct GroupStory {
  std::string name;
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
  Percentiles wait;
  Percentiles service;
  Percentiles total;
};

// Those that arrived within a column's time. Of more than 256 percentiles are right to 1 %.
struct WaitColumn {
  static constexpr std::size_t kExact = 256;
  static constexpr int kDigits = 2;

  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
  std::uint64_t left = 0;
  Distribution waits{kExact, kDigits};  // until the slot, or the end of one that got none
  double cold_s = 0;                    // of the waits together
  void merge(const WaitColumn& other);
};

// How long the slots of a replica were busy within a column's time, together.
struct BusyColumn {
  double busy_s = 0;
  void merge(const BusyColumn& other) { busy_s += other.busy_s; }
};

struct LaneStory {
  TimeColumns<BusyColumn> columns;
  double busy_s = 0;  // of all of them
};

// A time in which there was always something to do: from the first arrival after a rest to the end of the last request.
// Or, where the whole run is told, all of it. It has the same size for any number of requests.
struct Burst {
  static constexpr std::size_t kMostKept = 2000;  // of `requests`
  static constexpr std::size_t kNamed = 5;        // of the slowest, and of those that failed
  static constexpr std::size_t kMostLanes = 256;

  core::TimePoint began{};
  core::TimePoint last_arrival{};
  core::TimePoint ended{};
  std::uint64_t arrivals = 0;          // all requests of the burst
  std::vector<RequestStory> requests;  // in the order of their arrival: each `stride`-th, the first included
  std::uint64_t stride = 1;
  std::vector<RequestStory> slowest;  // from arrival to end, the slowest first
  std::vector<RequestStory> failed;   // the first of them, in the order of their arrival
  std::uint64_t failures = 0;         // all of them
  std::vector<GroupStory> classes;    // the one with the most requests first
  TimeColumns<WaitColumn> waits;
  std::map<core::ReplicaId, LaneStory> lanes;  // of the replicas that were busiest, kMostLanes at most
  std::vector<LoadPoint> load;
  LoadFacts load_facts;
  std::uint64_t took_slots_at_once = 0;       // dispatched in the step of their arrival
  std::vector<core::ReplicaId> took_at_once;  // on which replicas, in their order
  std::uint64_t most_within_evaluation = 0;   // arrivals, within aca's interval between two looks
  Percentiles wait;                           // until the slot; of those that got one
  Percentiles service;                        // in the slot; of those that were answered
  Percentiles total;                          // from arrival to answer; of those that were answered
  double p_wait = 0;                          // the fraction that waited, of those that got a slot
  double cold_mean_s = 0;                     // of the wait's mean, while the replica that then served was starting
  double mean_completion_s = 0;               // from the first arrival to each answer; of those that were answered
  std::map<int, std::uint64_t> statuses;
  std::map<int, std::uint64_t> own_errors;  // of the statuses, the 4xx and 5xx that the program itself answered
  std::map<core::RejectReason, std::uint64_t> rejects;
  std::uint64_t cancelled = 0;
  std::uint64_t retried = 0;
  std::uint64_t went_on = 0;  // in their slots, when nobody waited for them any more
  std::uint64_t unfinished = 0;
  std::uint64_t missing = 0;                               // how they ended is not in the journal
  std::uint64_t cold_started = 0;                          // waited for a replica that was starting
  std::map<core::ReplicaId, std::uint64_t> shares;         // answered
  std::map<core::ReplicaId, std::uint64_t> failed_shares;  // of those, 4xx and 5xx
  // What happened from here on belongs to what came later.
  core::TimePoint told_until = core::kNever;

  // From the first arrival to the last end.
  double makespan_s() const;
};

// A burst among the others of its run.
struct BurstLine {
  core::TimePoint began{};
  core::TimePoint last_arrival{};
  core::TimePoint ended{};
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;  // refused, or answered with 4xx or 5xx
};

// What of a run is told as the story's burst.
enum class Scope : std::uint8_t {
  kLargestBurst,   // for a service that ran for hours: the time in which most happened
  kLastBurst,      // the one that somebody just made
  kNumberedBurst,  // by its place in Story::bursts
  kTimes,          // what arrived within two times
  kWholeRun,       // for a run that was made to be told
};

struct Selection {
  Scope scope = Scope::kLargestBurst;
  std::size_t number = 0;  // of kNumberedBurst, from 1
  // Of kTimes, by the wall clock, since 1970; both ends belong to it.
  core::Duration from{};
  core::Duration until = core::Duration::max();
};

// What would have come of the same requests under something else, as the same core decides.
struct AdviceStory {
  std::string sentence;
  std::string command;  // that simulates it
  double makespan_s = 0;
  double wait_p95_s = 0;
};

enum class Origin : std::uint8_t { kJournal, kSimulation };

struct Story {
  Origin origin = Origin::kJournal;  // a simulation's journal is a simulation too
  bool has_journal = false;          // in which single requests can be looked up
  std::string version;
  std::string command;   // what the replicas ran; of a simulation, what was simulated
  std::string endpoint;  // empty in a simulation
  std::int64_t unix_time_at_zero_ns = 0;
  core::TimePoint began{};
  core::TimePoint ended{};
  std::uint64_t requests = 0;
  // In their order; of a run that is told as a whole, that one. Between two of them the service was empty for longer
  // than `pause`.
  std::vector<BurstLine> bursts;
  core::Duration pause{};
  Selection selection;
  std::size_t told = 0;  // the place in `bursts` of the one that is told, where it is one of them
  // The selected one; of the largest the last among equals. None if nothing arrived that was selected.
  std::optional<Burst> burst;

  // The one that is told is one of several.
  bool is_one_of_several() const { return bursts.size() > 1 && selection.scope != Scope::kTimes; }
  std::vector<SettingsStory> settings;   // the first held from the beginning; never empty once anything happened
  std::vector<DecisionStory> decisions;  // all of them
  std::vector<ReplicaStory> replicas;
  std::map<core::RequestClass, std::string> class_names;
  std::vector<ProbeStory> probes;
  // Only what makes a difference; and why nothing can be said, where something else is to be expected.
  std::vector<AdviceStory> advice;
  std::string no_advice;
  std::vector<MetricStory> metrics;
  std::uint64_t busy = 0;           // how often a replica that lives took no connection
  double replica_seconds = 0;       // of all replicas
  double warm_replica_seconds = 0;  // of these, while they were kept warm
  // What is paid for, and the prices of the app; whether it says a replica's CPUs and memory.
  Consumption used;
  Prices prices;
  bool has_cpu = true;
  bool has_memory = true;
  std::uint64_t records_lost = 0;
  std::string damage;  // the first damaged place in words; empty if there is none
  std::uint64_t damaged_places = 0;
  std::uint32_t torn_files = 0;
};

// How many replicas there were, from one moment to the next.
struct ReplicaPoint {
  core::TimePoint at{};
  std::uint32_t starting = 0;
  std::uint32_t ready = 0;
  std::uint32_t warm = 0;  // started or ready, outside the count
  std::uint32_t draining = 0;
};
std::vector<ReplicaPoint> replica_counts(const Story& story);

// The story of the journal in `directory`, which may still be written. The error says what is wrong with it, or that
// what was selected is not in it.
std::expected<Story, std::string> tell(const std::filesystem::path& directory, const Selection& selection = {},
                                       journal::Disk& disk = journal::real_disk());

// What a line has where nobody says how wide it may be.
inline constexpr std::size_t kTextWidth = 100;

// The story for people on a terminal that shows `width` characters in a line, for programs, and as a page for a
// browser: narrative, tables and chart in one file. Commands are not broken, so that they can be copied.
std::string to_text(const Story& story, std::size_t width = kTextWidth);
std::string to_json(const Story& story);
std::string to_html(const Story& story);

// The chart as SVG 1.1, readable on light and dark ground, without scripts: each request (queued, cold start, running),
// each replica's life, what waited and ran, and how many replicas there were. Of more than Burst::kMostKept requests
// every n-th is drawn, and the chart says so.
std::string to_svg(const Story& story);

// One decision in one sentence: what was measured, what that asked for, what limited it, and what came of it.
// `settings` are those that held; points in time are told in seconds since `zero`.
std::string to_sentence(const core::RecordDecision& decision, const core::Settings& settings,
                        core::TimePoint zero = core::TimePoint{});

}  // namespace tenfold::report
