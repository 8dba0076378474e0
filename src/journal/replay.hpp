// Replay: the journal's events to a fresh core, and its actions compared with those that were recorded.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>

namespace tenfold::journal {

struct ReplayResult {
  std::uint64_t steps = 0;
  std::uint64_t actions = 0;
  std::uint32_t files_torn = 0;
  std::uint64_t records_lost = 0;
  // The first difference in words, with its place; empty if there is none.
  std::string difference;
};

// The error says why the journal cannot be read.
std::expected<ReplayResult, std::string> replay(const std::filesystem::path& directory);

}  // namespace tenfold::journal
