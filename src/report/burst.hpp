// Splits a run into bursts and measures one.
#pragma once

#include <vector>

#include "report/story.hpp"

namespace tenfold::report {

// Puts into `story` how many bursts `requests`, which are in the order of their arrival, make, and measures the largest
// of them, or all of them as one.
void choose_burst(Story& story, std::vector<RequestStory> requests, const std::vector<LoadPoint>& loads, bool is_whole);

}  // namespace tenfold::report
