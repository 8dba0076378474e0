// Arrivals and service times from a log of requests, whatever wrote it.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/time.hpp"
#include "sim/class_names.hpp"
#include "sim/logs/entry.hpp"
#include "sim/logs/format.hpp"
#include "sim/workload.hpp"

namespace tenfold::sim {

class SpecReader;

// What is known of a log before it is read: "log:FILE,format=combined,at=arrival,unit=ms,service=no".
struct LogSource {
  std::string file;
  const LogKind* kind = nullptr;       // null: by its lines
  std::optional<Moment> moment;        // nothing: as the format says, or all lines together
  std::optional<core::Duration> unit;  // of whole numbers at the lines' ends; nothing: by their size
  bool has_service = true;             // false: its times are not taken for service times
  friend bool operator==(const LogSource&, const LogSource&) = default;
};
// What is wrong is told to `spec`.
LogSource read_log_source(SpecReader& spec);

// A request as a log has it.
struct LoggedRequest {
  core::Duration at{};  // since 1970; of its arrival, or of its end: TrafficLog::moment
  core::Duration within{};
  core::Duration lasted = kUntold;
  core::Duration service = kUntold;
  core::RequestClass klass{};

  static constexpr core::Duration kUntold{-1};
};

struct TrafficLog {
  const LogKind* kind = nullptr;
  Moment moment = Moment::kEnd;
  bool is_moment_guessed = false;
  std::vector<LoggedRequest> requests;      // in the order of their lines
  ClassNames paths;                         // of their classes
  std::vector<core::Duration> cold_starts;  // of a log of replicas
  std::uint64_t records = 0;                // lines, or objects
  std::uint64_t unread = 0;
  std::size_t first_unread_line = 0;
  std::string first_unread;            // the beginning of that line
  std::uint64_t unserved = 0;          // requests that a gateway answered by itself, so that their times are none
  std::optional<core::Duration> unit;  // that whole numbers at the lines' ends were taken to be in
  bool is_unit_guessed = false;
  std::string broken;  // why it could not be read to its end; else empty

  std::uint64_t count_with_service() const;
  bool has_whole_seconds() const;
  // What people should know of it, a sentence each.
  std::vector<std::string> notes(const LogSource& source) const;
};

// Reads a log. Its kind is the one that knows most of its first lines. The error says why it cannot be read: that there
// is no such file, that it is of no known kind, that no request is in it, or that its requests have no time.
std::expected<TrafficLog, std::string> parse_log(const LogSource& source);

// The same; of several calls one after the other with the same file, which has not changed in between, only the first
// one reads it: `tune` simulates a log some hundred times. Safe from several threads.
std::expected<std::shared_ptr<const TrafficLog>, std::string> read_log(const LogSource& source);

// In the order of their times, the first at zero; their classes are numbered by `classes`. What is known no better than
// to a second lies at random within it, by `seed`. A request came by so much before its end as it lasted. Where some
// requests have service times and others do not, these take one of their path's, or of any, at random.
std::vector<Arrival> arrivals_of(const TrafficLog& log, std::uint64_t seed, ClassNames& classes);

}  // namespace tenfold::sim
