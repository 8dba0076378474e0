// What Azure Container Apps logs of an app's containers and replicas, as Log Analytics or az export it.
#pragma once

#include <memory>

#include "sim/logs/format.hpp"

namespace tenfold::sim {

// Both read JSON objects (`az monitor log-analytics query`, `az containerapp logs show --format json`) and CSV whose
// header names the columns (the portal's export, where TimeGenerated is followed by [UTC]). Columns are known with and
// without the suffix of their type: TimeGenerated or TimeStamp, Log_s or Log, Reason_s, ReplicaName_s or
// ContainerGroupName_s (Azure Monitor reference, tables ContainerAppConsoleLogs and ContainerAppSystemLogs, 2024-03;
// with the destination Log Analytics the tables end in _CL and their columns in _s).

// Console: each record wraps a line that a container printed, which is read as a line of any text format. A line
// without a time of its own takes the record's, at which the platform got it.
std::unique_ptr<LogFormat> make_azure_console();

// System: of replicas, not of requests. A cold start is from AssigningReplica to the first ContainerStarted of the same
// replica; until its probes pass it takes longer, which is not logged.
std::unique_ptr<LogFormat> make_azure_system();

}  // namespace tenfold::sim
