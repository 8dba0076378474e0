// How long the journals of services that ended are kept.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

#include "journal/disk.hpp"

namespace tenfold::journal {

// A bound of zero is none.
struct KeepLimits {
  std::chrono::system_clock::duration age{};  // since it was last written
  std::uint64_t bytes = 0;                    // of all together, the youngest first
};

// Removes the journals under `root` that are beyond a limit: directories that hold files of a journal and nothing else.
// One that a service writes to is locked, and left alone; it takes up room among the others all the same. What cannot
// be removed stays.
void remove_old_journals(Disk& disk, const std::filesystem::path& root, const KeepLimits& limits,
                         std::chrono::system_clock::time_point now);

}  // namespace tenfold::journal
