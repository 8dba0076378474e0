// What the panels of a story's chart share: the axis of time and how a request is drawn on it.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "report/story.hpp"
#include "report/svg.hpp"
#include "report/words.hpp"

namespace tenfold::report {

inline constexpr double kChartWidth = 960;
inline constexpr double kChartLeft = 56;
inline constexpr double kChartRight = kChartWidth - 20;

struct Scene {
  const Story& story;
  const Burst& burst;
  Axis time;

  double x(core::TimePoint at) const { return time.at(seconds(at - burst.began)); }
  core::TimePoint end_of(const RequestStory& request) const { return request.ended.value_or(story.ended); }

  // Never so thin that it vanishes.
  void bar(Svg& svg, std::string_view klass, core::TimePoint from, core::TimePoint until, double y,
           double height) const {
    constexpr double kThinnest = 0.7;
    svg.rect(klass, {.x = x(from), .y = y, .width = std::max(kThinnest, x(until) - x(from)), .height = height});
  }

  // Of the last part of a request's life.
  static std::string_view end_class(const RequestStory& request) {
    if (request.end == End::kCancelled) return "left";
    return request.end == End::kRejected || request.status >= 400 ? "bad" : "run";
  }
};

// The panel of the waits: how long half of those waited that arrived at a time, and 90 %, and the longest; and above,
// when some failed or left. A column for some pixels each, however many requests there are.
class Bands {
 public:
  // Whether they show more of the burst than a row for each request does.
  static bool are_apt_for(const Burst& burst);

  explicit Bands(const Scene& scene);

  double height() const;
  void draw(Svg& svg, double top) const;

 private:
  void column(Svg& svg, std::size_t n, const Axis& axis) const;

  const Scene& scene_;
  double longest_s_ = 0;
};

// The panel of the replicas: each one's life as its lane's ground, and on it what it served.
class Lanes {
 public:
  explicit Lanes(const Scene& scene);

  double height() const { return lane_ * static_cast<double>(shown_); }
  void draw(Svg& svg, double top) const;

 private:
  void keep_longest();
  void life(Svg& svg, const ReplicaStory& replica, double y) const;
  void slots(Svg& svg, const std::vector<const RequestStory*>& requests, double y) const;
  void busy(Svg& svg, const TimeColumns<BusyColumn>& lane, double y) const;

  const Scene& scene_;
  std::vector<const ReplicaStory*> replicas_;  // that are shown
  std::size_t count_ = 0;                      // that there were
  std::size_t shown_ = 0;
  double lane_ = 0;
};

}  // namespace tenfold::report
