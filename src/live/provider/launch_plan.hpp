// The programs of one replica, each with arguments, environment and directory, packed in a file in memory.
//
// It travels as a descriptor to the keeper, which runs them without allocating: a keeper descends from a fork of
// Tenfold, which has threads, and may therefore do little (see signal-safety(7)).
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "config/app_config.hpp"
#include "live/provider/fd.hpp"

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
};

// Packs `plan`. Throws std::system_error when the machine gives no descriptor or memory.
Fd pack(const LaunchPlan& plan);

// A packed launch in the form that execve takes. Points into a private mapping that lives as long as the process.
struct LaunchView {
  const char* program = nullptr;
  const char* directory = nullptr;
  char** arguments = nullptr;
  char** environment = nullptr;
};

struct PlanView {
  std::array<LaunchView, config::kMaxContainers> launches;
  std::size_t count = 0;  // 0 when the plan cannot be mapped
  std::size_t main = 0;
};

// Opens a packed plan. Async-signal-safe.
PlanView open_plan(int fd) noexcept;

}  // namespace tenfold::live
