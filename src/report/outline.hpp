// Which bursts a run has, told while it goes on, in bounded memory.
#pragma once

#include <cstdint>
#include <vector>

#include "report/story.hpp"

namespace tenfold::report {

// Is told of arrivals in their order, and of ends as they come. Between two bursts the service was empty for longer
// than the pause, which follows from all arrivals, so that it is known at the end alone: until then every rest that is
// longer than the shortest pause parts two stretches.
class Outline {
 public:
  void arrived(core::TimePoint at);
  // One that had arrived then ended; if it failed, `failed` is told too, then or later.
  void ended(core::TimePoint now);
  void failed(core::TimePoint arrived);

  bool is_empty() const { return stretches_.empty(); }

  // For how long a service must have been empty that what comes next is another burst: ten times the median time
  // between two arrivals, so that a trickle is one burst and not many, but no less than half a second, which a
  // closed-loop client leaves between two of its requests, and no more than a minute.
  core::Duration pause() const;

  // The bursts, in their order; what is still open goes on until `story_end`.
  std::vector<BurstLine> bursts(core::TimePoint story_end) const;
  // All of it as one; of an outline that is not empty.
  BurstLine whole(core::TimePoint story_end) const;

 private:
  void sample(core::Duration gap);

  std::vector<BurstLine> stretches_;
  std::uint64_t open_ = 0;
  core::TimePoint busy_until_ = core::TimePoint::min();
  core::TimePoint last_arrival_{};
  // Of the times between two arrivals each `stride_`-th.
  mutable std::vector<core::Duration> gaps_;
  std::uint64_t stride_ = 1;
  std::uint64_t passed_ = 0;
};

}  // namespace tenfold::report
