// Limits on what a replica takes, by control groups of version 2 or 1, below the group that Tenfold itself is in.
//
// Sources: cgroups(7); the kernel's Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/settings.hpp"
#include "core/time.hpp"

namespace tenfold::live {

// What a replica may take, with all its processes. Nothing: as much as there is.
struct ReplicaLimits {
  std::optional<double> cpu;  // CPUs
  std::optional<core::Bytes> memory;
  friend bool operator==(const ReplicaLimits&, const ReplicaLimits&) = default;
};

// A tree of groups as the kernel shows it: the one of version 2, or one of version 1 with some of the controllers.
struct CgroupTree {
  std::string own;  // the directory of the group that Tenfold is in, or was started in
  bool is_v2 = false;
  bool has_cpu = false;
  bool has_cpu_usage = false;
  bool has_memory = false;
  friend bool operator==(const CgroupTree&, const CgroupTree&) = default;
};

// The trees in which a process is, by the texts of its /proc/self/mountinfo and /proc/self/cgroup. Of version 2 the
// controllers are not told there: see cgroup.controllers in the directory.
std::vector<CgroupTree> parse_cgroup_trees(std::string_view mountinfo, std::string_view cgroup);

// The group of one replica: a directory in each tree that is used. It is made here, entered by the replica's processes,
// and removed by its keeper when nothing is left in it.
class Cgroup {
 public:
  const std::vector<std::string>& directories() const { return directories_; }

  // How many of its processes the kernel has ended because there was no memory for them.
  std::uint64_t oom_kills() const;
  // What its processes have used, those that ended included; nothing where that is not told.
  std::optional<core::Duration> cpu() const;
  // Without what the kernel could take back at once: cached files that nothing used of late.
  std::optional<core::Bytes> memory() const;

 private:
  friend class Cgroups;
  struct Place {
    std::string directory;
    bool is_v2 = false;
  };
  std::vector<std::string> directories_;
  std::optional<Place> cpu_;     // where CPU time is told
  std::optional<Place> memory_;  // where memory is
};

// Makes groups. Not thread-safe.
class Cgroups {
 public:
  // The groups of this process, below those that it is in; or why none can be made, as a sentence without its end.
  static std::expected<Cgroups, std::string> open();
  // Below `trees`, in directories called `name`: for tests.
  static std::expected<Cgroups, std::string> open(std::vector<CgroupTree> trees, std::string name);

  bool limits_cpu() const;
  bool limits_memory() const;
  // "cgroup v2 below /sys/fs/cgroup/tenfold.service".
  std::string description() const;

  // The error says what failed. Nothing is left of a group that could not be made whole.
  std::expected<Cgroup, std::string> make(core::ReplicaId replica, const ReplicaLimits& limits) const;

  // Removes the groups whose keepers could not, and what holds them.
  void remove() const;

 private:
  std::vector<CgroupTree> trees_;
  std::string name_;
};

}  // namespace tenfold::live
