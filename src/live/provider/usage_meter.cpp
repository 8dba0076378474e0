#include "live/provider/usage_meter.hpp"

#include <algorithm>

#include <signal.h>
#include <unistd.h>

namespace tenfold::live {
namespace {

// A process is at most this many generations below its keeper, or is not measured.
constexpr int kMaxDepth = 64;

}  // namespace

void UsageMeter::add(pid_t head, std::uint32_t replica) noexcept {
  if (family_count_ < families_.size()) families_[family_count_++] = {.head = head, .replica = replica};
}

void UsageMeter::measure() noexcept {
  read_processes();
  const pid_t self = ::getpid();
  const std::span families{families_.data(), family_count_};
  for (Family& family : families) family = {.head = family.head, .replica = family.replica};

  for (const ProcessStat& process : std::span{processes_.data(), process_count_}) {
    if (process.parent == self) {
      Family* const family = find_family(process.pid);
      if (family == nullptr) {
        ::kill(process.pid, SIGKILL);
        continue;
      }
      family->is_alive = true;
      family->cpu_ticks += process.reaped_ticks;
    } else if (Family* const family = family_of(process, self)) {
      family->is_alive |= family->head == process.pid;
      family->cpu_ticks += process.own_ticks + process.reaped_ticks;
      family->cpu_wait_ns += cpu_wait_ns(process.pid);
      family->resident_pages += process.resident_pages;
    }
  }
  const auto ended =
      std::remove_if(families.begin(), families.end(), [](const Family& each) { return !each.is_alive; });
  family_count_ = static_cast<std::size_t>(ended - families.begin());
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

UsageMeter::Family* UsageMeter::find_family(pid_t head) noexcept {
  const std::span families{families_.data(), family_count_};
  const auto found =
      std::find_if(families.begin(), families.end(), [head](const Family& each) { return each.head == head; });
  return found == families.end() ? nullptr : &*found;
}

// The nearest of those that it may belong to.
UsageMeter::Family* UsageMeter::family_of(const ProcessStat& process, pid_t self) noexcept {
  const ProcessStat* at = &process;
  for (int depth = 0; depth < kMaxDepth && at->parent > 1; ++depth) {
    if (Family* const family = find_family(at->pid)) return family;
    if (at->parent == self) return nullptr;
    at = find_process(at->parent);
    if (at == nullptr) return nullptr;
  }
  return nullptr;
}

}  // namespace tenfold::live
