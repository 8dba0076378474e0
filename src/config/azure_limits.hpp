// What Azure refuses of a file that runs here.
#pragma once

#include "config/document.hpp"
#include "config/file_fault.hpp"

namespace tenfold::config {

// Adds a warning for each limit of Azure's that the file breaks: names, images, secrets, pairs of cpu and memory,
// counts, times of probes. The limits are those that Microsoft.App's schema and Azure's pages on quotas and containers
// state.
void note_limits(const Node& file, Faults& warnings);

}  // namespace tenfold::config
