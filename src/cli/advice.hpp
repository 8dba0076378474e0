// What would have helped: the burst of a story again, in simulation, under other policies and with more cores.
#pragma once

#include <string>

#include "report/story.hpp"

namespace tenfold::cli {

// Puts into `story`, which is told from the journal in `directory`, what would have made a difference, each with the
// command that prints the same number, and why nothing is said where that is so. Takes two seconds at most.
void add_advice(report::Story& story, const std::string& directory);

}  // namespace tenfold::cli
