// Tells of replicas that take more CPU or memory than was stated for them: nothing keeps them from it yet.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/settings.hpp"
#include "live/provider/provider.hpp"

namespace tenfold::live {

// For the operator, at a service's start.
std::string limits_are_not_kept(const core::ReplicaSettings& stated);

class LimitWatch {
 public:
  // A sentence for each of CPU and memory of which the sample is the first of that replica to show more than was
  // stated.
  std::vector<std::string> crossings(core::ReplicaId replica, const ReplicaUsage& usage,
                                     const core::ReplicaSettings& stated);
  void forget(core::ReplicaId replica);

 private:
  std::set<core::ReplicaId> above_cpu_;
  std::set<core::ReplicaId> above_memory_;
};

}  // namespace tenfold::live
