// What the run of a story cost.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/story.hpp"

namespace tenfold::report {

// In the currency of the story's prices.
struct Cost {
  double run = 0;
  double month = 0;  // of runs like it, one after the other
};

// Nothing of a run that took no time.
std::optional<Cost> cost_of(const Story& story);

// What it cost, of what; a month at this load; and what was assumed: a sentence each.
std::vector<std::string> cost_sentences(const Story& story);

}  // namespace tenfold::report
