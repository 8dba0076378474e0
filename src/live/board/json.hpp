// Parts of the board as JSON, each in one place: /status and the live page tell the same.
#pragma once

#include <string>

#include "live/board/board.hpp"

namespace tenfold::live {

// What the wall clock showed at one instant, and so what it shows at every other.
struct WallTime {
  core::TimePoint at{};
  double unix_s = 0;

  double of(core::TimePoint time) const { return unix_s + core::to_seconds(time - at); }
};

// Each appends one JSON object.

void append_now(std::string& out, const core::ServiceView& view, core::TimePoint now);
void append_replica(std::string& out, core::ReplicaId id, const ReplicaStatus& replica, core::TimePoint now,
                    const WallTime& wall);
void append_revision(std::string& out, const RevisionStatus& revision, const WallTime& wall);
void append_decision(std::string& out, const PastDecision& decision, const WallTime& wall);
void append_failure(std::string& out, const PastFailure& failure, const WallTime& wall);
void append_minute(std::string& out, const RecentMinute& minute);

// How long the oldest of the queue has waited, in seconds; zero where nobody waits.
double queue_age_s(const core::ServiceView& view, core::TimePoint now);

// Appends a JSON array of what `append` appends for each of `range`.
template <class Range, class Append>
void append_array(std::string& out, const Range& range, const Append& append) {
  out += '[';
  for (const auto& one : range) {
    if (out.back() != '[') out += ',';
    append(one);
  }
  out += ']';
}

}  // namespace tenfold::live
