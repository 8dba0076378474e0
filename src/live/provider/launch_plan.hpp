// The programs of one replica, each with arguments, environment and directory, packed in a file in memory.
//
// It travels as a descriptor to the keeper, which runs them without allocating: a keeper descends from a fork of
// Tenfold, which has threads, and may therefore do little (see signal-safety(7)).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "config/app_config.hpp"
#include "live/provider/fd.hpp"
#include "live/provider/isolation_steps.hpp"

namespace tenfold::live {

struct Launch {
  std::string program;
  std::string directory;  // empty: stay
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
};

struct LaunchPlan {
  // Init containers in their order, the main program, sidecars: config::kMaxContainers at most.
  std::vector<Launch> launches;
  // The main one's place: how many init containers there are.
  std::size_t main = 0;
  // Directories of control groups that the main program enters, kMaxGroups at most. The keeper removes them at the end,
  // and what they lie in if that is empty then.
  std::vector<std::string> groups;
  // Where no group limits it: bytes of data that a process may have (RLIMIT_DATA), 0 for no limit, and how much less
  // than Tenfold a program is preferred by the scheduler (nice(2)).
  std::uint64_t data_limit = 0;
  std::int32_t niceness = 0;
  // By what all programs are kept apart, and the directories that it takes (IsolationView).
  config::IsolationParts isolation;
  std::string tmp;
  std::string var_tmp;
  std::string sockets;
  std::string own_sockets;
};

inline constexpr std::size_t kMaxGroups = 4;

// Packs `plan`. Throws std::system_error when the machine gives no descriptor or memory.
Fd pack(const LaunchPlan& plan);

// A packed launch in the form that execve takes. Points into a private mapping that lives until close_plan.
struct LaunchView {
  const char* program = nullptr;
  const char* directory = nullptr;
  char** arguments = nullptr;
  char** environment = nullptr;
  std::size_t environment_bytes = 0;  // of its strings, which follow each other, with their closing zeros
};

struct PlanView {
  std::array<LaunchView, config::kMaxContainers> launches;
  std::size_t count = 0;  // 0 when the plan cannot be mapped
  std::size_t main = 0;
  std::array<char*, kMaxGroups> groups{};
  std::size_t group_count = 0;
  std::uint64_t data_limit = 0;
  std::int32_t niceness = 0;
  IsolationView isolation;
  void* memory = nullptr;
  std::size_t size = 0;
};

// Opens a packed plan. Async-signal-safe, as is the end of it.
PlanView open_plan(int fd) noexcept;
void close_plan(const PlanView& plan) noexcept;

}  // namespace tenfold::live
