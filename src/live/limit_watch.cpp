#include "live/limit_watch.hpp"

#include <fmt/format.h>

#include "config/units.hpp"

namespace tenfold::live {

namespace {

// CPU time is counted in ticks of 10 ms for each process: over a shorter span, or by less than this, a sample shows
// nothing.
constexpr core::Duration kShortestSpan = std::chrono::milliseconds{500};
constexpr double kNoise = 1.1;

double cores_of(const ReplicaUsage& usage) {
  return std::chrono::duration<double>{usage.cpu}.count() / std::chrono::duration<double>{usage.wall}.count();
}

double mebibytes(core::Bytes size) { return static_cast<double>(core::to_number(size)) / (1 << 20); }

}  // namespace

std::string limits_are_not_kept(const core::ReplicaSettings& stated) {
  return fmt::format(
      "cpu ({:g}) and memory ({}) of a replica are no limits yet: one that takes more is told, not stopped", stated.cpu,
      config::format_size(stated.memory));
}

std::vector<std::string> LimitWatch::crossings(core::ReplicaId replica, const ReplicaUsage& usage,
                                               const core::ReplicaSettings& stated) {
  std::vector<std::string> sentences;
  const bool takes_cpu = usage.wall >= kShortestSpan && cores_of(usage) > kNoise * stated.cpu;
  if (takes_cpu && above_cpu_.insert(replica).second) {
    sentences.push_back(fmt::format("replica {} takes {:.1f} CPUs, more than its {:g}; cpu is no limit yet",
                                    core::to_number(replica), cores_of(usage), stated.cpu));
  }
  if (usage.memory > stated.memory && above_memory_.insert(replica).second) {
    sentences.push_back(fmt::format("replica {} takes {:.0f} MiB of memory, more than its {}; memory is no limit yet",
                                    core::to_number(replica), mebibytes(usage.memory),
                                    config::format_size(stated.memory)));
  }
  return sentences;
}

void LimitWatch::forget(core::ReplicaId replica) {
  above_cpu_.erase(replica);
  above_memory_.erase(replica);
}

}  // namespace tenfold::live
