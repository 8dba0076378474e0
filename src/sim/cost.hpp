// What a run costs in money.
#pragma once

#include "config/app_config.hpp"
#include "sim/recorder.hpp"

namespace tenfold::sim {

// In the currency of the app's prices, or of Azure's where it states none (config::Prices).
//
// As Azure bills it (learn.microsoft.com/azure/container-apps/billing): a replica's CPUs are idle, at a lower price,
// while it is ready and has no request and there are no more replicas than the minimum; else they are active, while it
// starts too. Memory has one price. Where there are free grants the run counts as its share of a month of 730 hours
// that goes on like it: so much of each grant is its own. Free vCPU-seconds are active and idle ones alike, in
// proportion.
//
// With a price of machines, that of as many as the most replicas need, for as long as the run.
double cost_of(const Result& result, const config::AppConfig& app);

}  // namespace tenfold::sim
