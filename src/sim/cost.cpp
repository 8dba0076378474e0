#include "sim/cost.hpp"

namespace tenfold::sim {

double cost_of(const Result& result, const config::AppConfig& app) {
  const core::ReplicaSettings& replica = app.core.replica;
  return tenfold::cost_of({.replica_s = result.replica_s,
                           .idle_replica_s = result.idle_replica_s,
                           .most_replicas = result.most_replicas,
                           .requests = result.requests,
                           .time = result.counted},
                          {.cpu = replica.cpu, .memory_bytes = core::to_number(replica.memory)},
                          app.prices.value_or(Prices{}));
}

}  // namespace tenfold::sim
