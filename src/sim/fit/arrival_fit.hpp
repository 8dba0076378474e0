// Which of the simulator's workloads describes arrivals that were seen.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "sim/workload.hpp"

namespace tenfold::sim {

struct ArrivalFit {
  std::string spec;  // as --workload takes it
  // Kolmogorov and Smirnov's distance of what passes between arrivals, in units of the spec's mean at the time, from
  // the exponential that it then is (the change of time of a Poisson process: Brown et al., "The time-rescaling theorem
  // and its application to neural spike train data analysis", Neural Computation 14, 2002). Of `constant`: the share of
  // the intervals that are a tenth longer or shorter. Of batches: of what passes between them.
  double distance = 0;
  std::string words;  // what it says
};

// The variance of the arrivals in windows of that length over their mean: 1 where they are independent of each other.
struct Dispersion {
  core::Duration window{};
  double index = 0;
  std::size_t windows = 0;
};

struct ArrivalFits {
  std::size_t count = 0;
  core::Duration span{};  // from the first to the last
  double rate = 0;        // a second
  double interval_scv = 0;
  std::vector<Dispersion> dispersions;
  // The best first, by Schwarz's criterion (BIC) of the likelihood where there is one.
  std::vector<ArrivalFit> fits;
};

// `arrivals` are in order, and not empty. A Poisson process; one whose rate changes by steps; one of two rates that
// change at random, or on and off; batches; at fixed intervals; a burst.
ArrivalFits fit_arrivals(const std::vector<Arrival>& arrivals);

}  // namespace tenfold::sim
