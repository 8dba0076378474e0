// The parts of the one table of settings, each in its own file, in the order of the help.
#pragma once

#include <span>

#include "config/app_config.hpp"

namespace tenfold::config {

std::span<const Setting> app_settings();     // serving, requests, replicas, prices
std::span<const Setting> scale_settings();   // the rules and what all policies share
std::span<const Setting> policy_settings();  // the parameters of each policy

}  // namespace tenfold::config
