// Measures what the processes of each replica use. Runs in the guardian and uses async-signal-safe calls only.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <sys/types.h>

#include "core/settings.hpp"
#include "live/provider/proc_scan.hpp"

namespace tenfold::live {

// Its tables are arrays of a fixed size, because there is no allocating here. Make it static: then it costs no memory
// until a measurement touches it.
class UsageMeter {
 public:
  // What is below a keeper, without the keeper itself, or a replica's main process with what is below it.
  struct Family {
    pid_t head = 0;
    std::uint32_t replica = 0;
    bool is_alive = false;
    // Since the replica's start, those of processes that have ended included.
    std::uint64_t cpu_ticks = 0;
    // Of the threads that there are, since they began: see cpu_wait_ns.
    std::uint64_t cpu_wait_ns = 0;
    std::uint64_t resident_pages = 0;
  };

  // `head` is a new child of this process that keeps `replica`, or a zygote; or the main process of a replica that was
  // forked below the keeper of a zygote.
  void add(pid_t head, std::uint32_t replica) noexcept;

  // Reads the machine's processes once, adds up what each family uses, and forgets those that have ended.
  // Kills children of this process that are no keepers: they were orphaned by a keeper that was killed.
  void measure() noexcept;

  std::span<const Family> families() const noexcept { return {families_.data(), family_count_}; }

 private:
  // Processes of the whole machine that a measurement can hold; those beyond are not measured.
  static constexpr std::size_t kMaxProcesses = 1 << 16;

  void read_processes() noexcept;
  const ProcessStat* find_process(pid_t pid) const noexcept;
  Family* find_family(pid_t head) noexcept;
  Family* family_of(const ProcessStat& process, pid_t self) noexcept;

  std::array<ProcessStat, kMaxProcesses> processes_{};
  std::array<Family, core::kMaxReplicas> families_{};
  std::size_t process_count_ = 0;
  std::size_t family_count_ = 0;
};

}  // namespace tenfold::live
