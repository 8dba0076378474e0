// Splits a run into bursts and measures one.
#pragma once

#include <vector>

#include "report/story.hpp"

namespace tenfold::report {

// For how long a service must have been empty that what comes next is another burst: ten times the median time between
// two arrivals, so that a trickle is one burst and not many, but no less than half a second, which a closed-loop client
// leaves between two of its requests, and no more than a minute. `requests` are in the order of their arrival.
core::Duration pause_of(const std::vector<RequestStory>& requests);

// Puts into `story` which bursts `requests`, which are in the order of their arrival, make, and measures what its
// selection selects.
void choose_burst(Story& story, std::vector<RequestStory> requests, const std::vector<LoadPoint>& loads);

}  // namespace tenfold::report
