// Settings in words: what a service runs under, and what a change of its configuration changed.
#pragma once

#include <string>
#include <vector>

#include "core/settings.hpp"

namespace tenfold::report {

// "policy aca, 2 to 10 replicas of 1 slot, 10 concurrent requests for each".
std::string settings_text(const core::Settings& settings);

// "max 10 -> 4", "policy aca -> slo": what differs, where that has no name of its own as "other settings". Empty if
// nothing does.
std::vector<std::string> changes_between(const core::Settings& before, const core::Settings& after);

// "the configuration changed: max 10 -> 4, policy aca -> slo".
std::string change_text(const core::Settings& before, const core::Settings& after);

}  // namespace tenfold::report
