// The program, arguments, environment and directory of one replica, packed in a file in memory.
//
// It travels as a descriptor to the keeper, which runs it without allocating: a keeper descends from a fork of Tenfold,
// which has threads, and may therefore do little (see signal-safety(7)).
#pragma once

#include <string>
#include <vector>

#include "live/provider/fd.hpp"

namespace tenfold::live {

struct LaunchPlan {
  std::string program;
  std::string directory;  // empty: stay
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
};

// Packs `plan`. Throws std::system_error when the machine gives no descriptor or memory.
Fd pack(const LaunchPlan& plan);

// A packed plan in the form that execve takes. Points into a private mapping that lives as long as the process.
struct LaunchView {
  const char* program = nullptr;
  const char* directory = nullptr;
  char** arguments = nullptr;
  char** environment = nullptr;
};

// Opens a packed plan; all null when it cannot be mapped. Async-signal-safe.
LaunchView open_plan(int fd) noexcept;

}  // namespace tenfold::live
