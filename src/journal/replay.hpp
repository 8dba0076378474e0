// Replay: the journal's events to a fresh core, and its actions compared with those that were recorded.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>

#include "journal/disk.hpp"

namespace tenfold::journal {

struct ReplayResult {
  std::uint64_t steps = 0;
  std::uint64_t actions = 0;
  std::uint32_t files_torn = 0;
  std::uint64_t records_lost = 0;
  // Steps between damage and the next checkpoint: what went before them is not known, so they prove nothing.
  std::uint64_t steps_unproved = 0;
  // The first place that is damaged, in words, and how many there are.
  std::string damage;
  std::uint64_t damaged_places = 0;
  // The first difference in words, with its place; empty if there is none.
  std::string difference;
};

// After a gap it goes on from the next checkpoint. The error says why there is nothing to read. `disk` is borrowed.
std::expected<ReplayResult, std::string> replay(const std::filesystem::path& directory, Disk& disk = real_disk());

}  // namespace tenfold::journal
