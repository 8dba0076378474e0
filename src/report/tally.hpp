// Measures requests, one after the other, without keeping them: what a burst tells of any number of them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "report/story.hpp"

namespace tenfold::report {

// The most that arrived within `span`, before or while all went on: the best that a window over it can see.
class ArrivalWindow {
 public:
  explicit ArrivalWindow(core::Duration span) : span_{span} {}

  // In the order of arrival.
  void add(core::TimePoint at);
  std::uint64_t most() const { return most_; }

 private:
  struct Arrivals {
    core::TimePoint at{};
    std::uint64_t count = 0;
  };
  core::Duration span_;
  std::deque<Arrivals> within_;
  std::uint64_t count_ = 0;
  std::uint64_t most_ = 0;
};

class Tally {
 public:
  // What is known of the requests before. Where their number or their time is not, it is zero.
  struct Frame {
    core::TimePoint began{};  // the first arrival
    core::Duration makespan{};
    std::uint64_t arrivals = 0;
  };
  explicit Tally(const Frame& frame);

  // Once each, in any order; `order` is its place among all in the order of arrival, from 0. One that has not ended
  // goes on until `story_end`.
  void add(const RequestStory& request, std::uint64_t order, core::TimePoint story_end);

  // The burst of all that was added, but for its load and what came after it. `names` are those of the classes.
  Burst finish(const std::map<core::RequestClass, std::string>& names);

 private:
  struct Times {
    Times(std::size_t exact, int digits) : wait{exact, digits}, service{exact, digits}, total{exact, digits} {}
    Distribution wait;
    Distribution service;
    Distribution total;
    std::uint64_t requests = 0;
    std::uint64_t failed = 0;
  };
  struct Sampled {
    std::uint64_t order = 0;
    RequestStory request;
  };

  static void add_to(Times& times, const RequestStory& request);
  void count(const RequestStory& request);
  void sample(const RequestStory& request, std::uint64_t order);
  void thin_sample();
  void keep_slow(const RequestStory& request);
  void keep_failed(const RequestStory& request, std::uint64_t order);
  void draw(const RequestStory& request, core::TimePoint ended);
  void keep_busiest_lanes();
  LaneStory& lane_of(core::ReplicaId replica);

  Burst burst_;
  core::Duration column_;
  Times times_{Distribution::kExact, 3};
  std::map<core::RequestClass, Times> classes_;
  std::uint64_t waited_ = 0;
  double cold_s_ = 0;
  double completions_s_ = 0;
  std::set<core::ReplicaId> took_at_once_;
  std::vector<Sampled> sample_;
  std::vector<Sampled> failed_;  // a heap, the last of the first in front
};

}  // namespace tenfold::report
