// Reads /proc without allocating: who is whose child, and what each process has used.
//
// The whole table is read, because the kernel's short cut to a process's children (/proc/PID/task/TID/children) is
// missing where it was built without CONFIG_PROC_CHILDREN. Everything here is async-signal-safe.
#pragma once

#include <cstdint>

#include <sys/types.h>

namespace tenfold::live {

struct ProcessStat {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
  // In clock ticks: its own CPU time, and that of the children that it has waited for.
  std::uint64_t own_ticks = 0;
  std::uint64_t reaped_ticks = 0;
  std::uint64_t resident_pages = 0;
  bool is_exiting = false;
};

// Calls `visit(stat, context)` for each process that can be read.
void for_each_process(void (*visit)(const ProcessStat& stat, void* context), void* context) noexcept;

// Whether the process is on its way out, which it is before any of its descriptors is closed by that, or is not there.
// False where nothing can be seen of it, as when no descriptor is left to look.
bool is_exiting(pid_t pid) noexcept;

// How long the threads of a process, all together, could have computed and had no CPU: schedstat of proc(5). 0 where
// the kernel does not say (it was built without CONFIG_SCHED_INFO).
std::uint64_t cpu_wait_ns(pid_t process) noexcept;

// Takes the fields out of the text of a /proc/PID/stat. False when it is not one.
bool parse_stat(const char* text, ProcessStat& stat) noexcept;

}  // namespace tenfold::live
