// How many CPUs this process and its children may use.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/settings.hpp"

namespace tenfold::live {

// The CPUs that the scheduler may choose from (sched_getaffinity), or the limit of a control group around the process
// (version 2's cpu.max, version 1's cpu.cfs_quota_us) where that is lower. Above zero. `root` is where /proc and /sys
// are looked for.
double usable_cores(const std::filesystem::path& root = "/");

// What a cpu.max allows, in CPUs: "150000 100000" is 1.5, "max 100000" is no limit.
std::optional<double> parse_cpu_max(std::string_view text);

// A sentence for the operator if all replicas together want more CPUs than there are.
std::optional<std::string> oversubscription(const core::Settings& settings);

}  // namespace tenfold::live
