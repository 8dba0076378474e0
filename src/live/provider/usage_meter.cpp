#include "live/provider/usage_meter.hpp"

#include <algorithm>

#include <signal.h>
#include <unistd.h>

namespace tenfold::live {
namespace {

// A process is at most this many generations below its keeper, or is not measured.
constexpr int kMaxDepth = 64;

}  // namespace

void UsageMeter::add(pid_t keeper, std::uint32_t replica) noexcept {
  if (keeper_count_ < keepers_.size()) keepers_[keeper_count_++] = {.pid = keeper, .replica = replica};
}

void UsageMeter::measure() noexcept {
  read_processes();
  const pid_t self = ::getpid();
  const std::span keepers{keepers_.data(), keeper_count_};
  for (Keeper& keeper : keepers) keeper = {.pid = keeper.pid, .replica = keeper.replica};

  for (const ProcessStat& process : std::span{processes_.data(), process_count_}) {
    if (process.parent == self) {
      Keeper* const keeper = find_keeper(process.pid);
      if (keeper == nullptr) {
        ::kill(process.pid, SIGKILL);
        continue;
      }
      keeper->is_alive = true;
      keeper->cpu_ticks += process.reaped_ticks;
    } else if (Keeper* const keeper = keeper_above(process, self)) {
      keeper->cpu_ticks += process.own_ticks + process.reaped_ticks;
      keeper->resident_pages += process.resident_pages;
    }
  }
  const auto ended = std::remove_if(keepers.begin(), keepers.end(), [](const Keeper& each) { return !each.is_alive; });
  keeper_count_ = static_cast<std::size_t>(ended - keepers.begin());
}

void UsageMeter::read_processes() noexcept {
  process_count_ = 0;
  for_each_process(
      [](const ProcessStat& stat, void* meter) {
        auto& self = *static_cast<UsageMeter*>(meter);
        if (self.process_count_ < self.processes_.size()) self.processes_[self.process_count_++] = stat;
      },
      this);
  std::sort(processes_.begin(), processes_.begin() + static_cast<std::ptrdiff_t>(process_count_),
            [](const ProcessStat& a, const ProcessStat& b) { return a.pid < b.pid; });
}

const ProcessStat* UsageMeter::find_process(pid_t pid) const noexcept {
  const std::span processes{processes_.data(), process_count_};
  const auto found = std::lower_bound(processes.begin(), processes.end(), pid,
                                      [](const ProcessStat& stat, pid_t wanted) { return stat.pid < wanted; });
  return found == processes.end() || found->pid != pid ? nullptr : &*found;
}

UsageMeter::Keeper* UsageMeter::find_keeper(pid_t pid) noexcept {
  const std::span keepers{keepers_.data(), keeper_count_};
  const auto found =
      std::find_if(keepers.begin(), keepers.end(), [pid](const Keeper& each) { return each.pid == pid; });
  return found == keepers.end() ? nullptr : &*found;
}

UsageMeter::Keeper* UsageMeter::keeper_above(const ProcessStat& process, pid_t self) noexcept {
  const ProcessStat* at = &process;
  for (int depth = 0; depth < kMaxDepth && at->parent > 1; ++depth) {
    const ProcessStat* const parent = find_process(at->parent);
    if (parent == nullptr) return nullptr;
    if (parent->parent == self) return find_keeper(parent->pid);
    at = parent;
  }
  return nullptr;
}

}  // namespace tenfold::live
