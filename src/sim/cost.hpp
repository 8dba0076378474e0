// What a run of the virtual world costs in money.
#pragma once

#include "config/app_config.hpp"
#include "sim/recorder.hpp"

namespace tenfold::sim {

// In the currency of the app's prices, or of Azure's where it states none: see base/prices.hpp.
double cost_of(const Result& result, const config::AppConfig& app);

}  // namespace tenfold::sim
