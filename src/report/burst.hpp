// Which of a run's arrivals are told, and what is measured of those that were kept.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "report/outline.hpp"
#include "report/story.hpp"

namespace tenfold::report {

// What arrived between two times; both belong to it.
struct ArrivalRange {
  core::TimePoint first{};
  core::TimePoint last{};
  bool contains(core::TimePoint at) const { return at >= first && at <= last; }
  friend bool operator==(const ArrivalRange&, const ArrivalRange&) = default;
};

struct KeptRequest {
  std::uint64_t order = 0;  // among those that arrived at the same time
  RequestStory request;
};

// Puts into `story` which bursts there are, and says which arrivals its selection selects; nothing where it is not
// there. Of an outline that is not empty.
std::optional<ArrivalRange> select(Story& story, const Outline& outline);

// Whether all of the story's bursts lie within.
bool is_all(const Story& story, const ArrivalRange& range);

// The burst of those of `requests`, which are all that arrived, that lie within `range`; nothing if none does.
std::optional<Burst> measure(const Story& story, std::vector<KeptRequest> requests, const ArrivalRange& range,
                             const std::vector<LoadPoint>& loads);

// What each replica answered of the burst.
void share_out(std::vector<ReplicaStory>& replicas, const Burst& burst);

}  // namespace tenfold::report
