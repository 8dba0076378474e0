// When the slots that there are, and those that come, will start what waits.
#pragma once

#include <array>
#include <cstdint>

#include "core/duration_histogram.hpp"
#include "core/scale/policy.hpp"

namespace tenfold::core {

// The queue as a fluid. A slot whose request is expected to end in r seconds has started k requests by then, k u/r
// after u seconds, and from then on starts one in each mean service time S. Of a slot of which nothing is known r is
// S (1 + v)/2, v being the squared coefficient of variation: with k = (1 + v)/2 it starts u/S, as it should (a
// stationary renewal process: Cox, "Renewal Theory", 1962). Where times vary little k is 1; a replica that comes in a
// seconds starts one request for each of its slots then, and goes on likewise. How long what runs goes on follows from
// how long it has run.
//
// Slots are counted by how long they are taken for, in whole numbers: the sums do not depend on any order.
class Drain {
 public:
  // `service_s` is what the requests that wait take in a slot.
  Drain(const Situation& situation, double service_s, double cold_start_s);

  // How many requests have started `after_s` seconds from now, if so many wait.
  double started_by(double after_s) const;
  // When `count` have started; no more than `at_most_s`.
  double time_to_start(double count, double at_most_s) const;

  // What a replica that is ready in `cold_start_s` seconds would have started by then, of each of its slots.
  double started_by_new(double after_s, double cold_start_s) const {
    return after_s < cold_start_s ? 0 : 1 + (after_s - cold_start_s) / service_s_;
  }

 private:
  struct Group {
    double slots = 0;
    double until_s = 0;
  };

  void add_running(const Situation& situation);
  void add_replicas(const Situation& situation, double cold_start_s);

  double service_s_;
  double turns_;  // that a slot has made when what runs in it is expected to have ended
  double free_ = 0;
  // As many as there are kinds; by how long they have run, and have been starting.
  std::array<Group, kDurationBins> running_;
  std::size_t running_count_ = 0;
  std::array<Group, kDurationBins> starting_;
  std::size_t starting_count_ = 0;
};

}  // namespace tenfold::core
