// How many requests waited and ran over time, in bounded memory.
#pragma once

#include <span>
#include <vector>

#include "report/story.hpp"

namespace tenfold::report {

// Takes one point after the other.
LoadFacts facts_of(std::span<const LoadPoint> points);

// Keeps all points while they are few. Of many it keeps two for each so many that follow each other: the most of each
// number, and the last. So peaks stay, and a pause is one.
class LoadCurve {
 public:
  // In the order of their times. One that changes nothing is left out.
  void add(const LoadPoint& point);

  std::vector<LoadPoint> points() const;
  // Exact, of all that was added.
  const LoadFacts& facts() const { return facts_; }

 private:
  // Points that follow each other.
  struct Group {
    LoadPoint most;  // at the time of the first
    LoadPoint last;
    std::size_t count = 0;
    void add(const LoadPoint& point);
  };
  bool is_pause(const LoadPoint& from, const LoadPoint& until) const;
  void append(const Group& group);
  void thin();

  std::vector<LoadPoint> points_;
  std::size_t together_ = 1;  // points in a group
  Group group_;               // not full yet
  core::TimePoint began_{};
  LoadPoint last_;
  LoadFacts facts_;
};

}  // namespace tenfold::report
