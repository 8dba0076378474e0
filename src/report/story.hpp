// What happened, as data: the facts of a journal, put in the order in which a person asks for them.
//
// Every number is measured: taken from the journal's events and their times, never derived from the configuration.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/actions.hpp"
#include "core/events.hpp"
#include "core/ids.hpp"
#include "core/time.hpp"

namespace tenfold::report {

// How long something took. Exact, by nearest rank; in seconds.
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
Percentiles percentiles_of(std::vector<double> seconds);

enum class End : std::uint8_t { kOpen, kAnswered, kRejected, kCancelled };

// One request's life, by the core's clock.
struct RequestStory {
  core::RequestId id{};
  core::TimePoint arrived{};
  std::optional<core::TimePoint> dispatched;  // the last time, if more than once
  std::optional<core::TimePoint> ended;
  core::ReplicaId replica{};
  int attempts = 0;
  End end = End::kOpen;
  core::RejectReason reason{};  // of a rejected one
  int status = 0;               // that its client got; 0 if it was gone
  core::Duration cold_start{};
};

struct ReplicaStory {
  core::ReplicaId id{};
  std::optional<core::TimePoint> started;  // nothing if it was there before the journal
  std::optional<core::TimePoint> ready;
  std::optional<core::TimePoint> drained;
  std::optional<core::TimePoint> exited;
  std::string exit;  // in words
  std::int64_t pid = 0;
  std::uint64_t answered = 0;  // of the burst
};

struct DecisionStory {
  core::TimePoint at{};
  core::RecordDecision decision;
};

// How many waited and ran, from one moment to the next.
struct LoadPoint {
  core::TimePoint at{};
  std::uint32_t waiting = 0;
  std::uint32_t running = 0;
};

// A time in which there was always something to do: from the first arrival after a rest to the end of the last request.
struct Burst {
  core::TimePoint began{};
  core::TimePoint last_arrival{};
  core::TimePoint ended{};
  std::vector<RequestStory> requests;  // in the order of their arrival
  std::vector<LoadPoint> load;
  std::uint32_t deepest_queue = 0;
  core::TimePoint deepest_at{};
  std::uint32_t took_slots_at_once = 0;  // dispatched in the step of their arrival
  Percentiles wait;                      // until the slot; of those that got one
  Percentiles service;                   // in the slot; of those that were answered
  Percentiles total;                     // from arrival to answer; of those that were answered
  std::map<int, std::uint32_t> statuses;
  std::map<core::RejectReason, std::uint32_t> rejects;
  std::uint32_t cancelled = 0;
  std::uint32_t retried = 0;
  std::uint32_t unfinished = 0;
  std::uint32_t cold_started = 0;  // waited for a replica that was starting
  std::map<core::ReplicaId, std::uint32_t> shares;

  double makespan_s() const;
};

struct Story {
  std::string version;
  std::string command;
  std::string endpoint;
  std::int64_t unix_time_at_zero_ns = 0;
  core::TimePoint began{};
  core::TimePoint ended{};
  std::uint64_t requests = 0;
  std::size_t bursts = 0;
  // The one with the most requests, the last among equals; none if nothing ever arrived.
  std::optional<Burst> burst;
  std::vector<DecisionStory> decisions;  // all of the journal
  std::vector<ReplicaStory> replicas;
  std::uint64_t records_lost = 0;
  std::uint32_t torn_files = 0;
};

// The story of the journal in `directory`, which may still be written. The error says what is wrong with it.
std::expected<Story, std::string> tell(const std::filesystem::path& directory);

// The story for people on a terminal, and for programs.
std::string to_text(const Story& story);
std::string to_json(const Story& story);

// One decision in one sentence: what was measured, what that asked for, and what came of it.
std::string to_sentence(const core::RecordDecision& decision);

}  // namespace tenfold::report
