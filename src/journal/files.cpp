#include "journal/files.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include <fmt/format.h>

namespace tenfold::journal {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(Disk& disk, const fs::path& directory) {
  std::vector<fs::path> files;
  if (const auto entries = disk.list(directory)) {
    for (const Disk::Entry& entry : *entries) {
      if (is_journal_file(entry)) files.push_back(entry.path);
    }
  }
  std::ranges::sort(files, {}, number_of);
  return files;
}

fs::path path_of(const fs::path& directory, std::uint32_t number) {
  return directory / fmt::format("{:06}.tfj", number);
}

std::uint32_t number_of(const fs::path& file) {
  const std::string stem = file.stem().string();
  std::uint32_t number = 0;
  std::from_chars(stem.data(), stem.data() + stem.size(), number);
  return number;
}

bool is_journal_file(const Disk::Entry& entry) { return !entry.is_directory && entry.path.extension() == ".tfj"; }

}  // namespace tenfold::journal
