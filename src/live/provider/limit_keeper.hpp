// Keeps the limits of replicas, by the best means that this machine allows.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "config/app_config.hpp"
#include "core/ids.hpp"
#include "live/provider/cgroups.hpp"
#include "live/provider/launch_plan.hpp"

namespace tenfold::live {

// What bounds one replica.
struct ReplicaBounds {
  ReplicaLimits limits;
  std::optional<Cgroup> group;
  // Where there is no group: see LaunchPlan.
  std::uint64_t data_limit = 0;
  std::int32_t niceness = 0;

  void put_into(LaunchPlan& plan) const;
};

// By control groups, which count all processes of a replica together; where none can be made, by what holds for each
// process: RLIMIT_DATA for its memory, and a niceness that lets Tenfold go first.
class LimitKeeper {
 public:
  // Groups are looked for if `limits` are stated at the beginning: with version 2 Tenfold itself may have to move then.
  LimitKeeper(config::LimitMode mode, const ReplicaLimits& limits);

  // The error is a sentence without its end.
  std::expected<ReplicaBounds, std::string> of(core::ReplicaId replica, const ReplicaLimits& limits) const;

  // "cpu 0.5 and memory 512Mi of each replica are kept by cgroup v2 below /sys/fs/cgroup"; empty without limits.
  std::string text(const ReplicaLimits& limits) const;

  // What is left of groups.
  void remove() const;

 private:
  config::LimitMode mode_;
  std::optional<Cgroups> groups_;
  std::string why_no_groups_;
};

}  // namespace tenfold::live
