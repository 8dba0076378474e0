// The groups that a process is in, as the kernel lists them: /proc/PID/cgroup, cgroups(7).
#pragma once

#include <string_view>
#include <vector>

namespace tenfold::live {

// "0::/a/b" for version 2, "4:cpu,cpuacct:/a/b" for version 1. Views into the text.
struct CgroupLine {
  std::string_view controllers;  // with commas between them; none: version 2
  std::string_view path;         // of the group, below the root of its tree

  bool has(std::string_view controller) const;
};

// What is no such line is left out.
std::vector<CgroupLine> parse_cgroup_lines(std::string_view text);

}  // namespace tenfold::live
