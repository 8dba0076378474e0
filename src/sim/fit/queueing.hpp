// Whether the times in a log are those of requests that waited for each other.
#pragma once

#include <cstddef>
#include <vector>

#include "core/time.hpp"
#include "sim/workload.hpp"

namespace tenfold::sim {

struct Queueing {
  std::size_t most_at_once = 0;  // requests under way
  double mean_at_once = 0;
  // Of the logarithm of a request's time with how many others were under way when it came, -1 to 1.
  double correlation = 0;
  std::vector<core::Duration> alone;  // the times of those that came when no other one was under way

  // Requests took longer the more there were: their times hold waiting for each other, in a queue or for a processor.
  bool is_likely() const { return most_at_once > 1 && correlation >= kNotable; }
  static constexpr double kNotable = 0.2;
};

// Of arrivals in their order; those without a service time do not count.
Queueing find_queueing(const std::vector<Arrival>& arrivals);

}  // namespace tenfold::sim
