#include "journal/files.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <string>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

namespace tenfold::journal {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(Disk& disk, const fs::path& directory) {
  std::vector<fs::path> files;
  if (const auto entries = disk.list(directory)) {
    for (const Disk::Entry& entry : *entries) {
      if (entry.path.extension() == ".tfj") files.push_back(entry.path);
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

fs::path default_root() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state && *state) return fs::path{state} / "tenfold/journal";
  const char* home = std::getenv("HOME");
  return fs::path{home && *home ? home : "/tmp"} / ".local/state/tenfold/journal";
}

fs::path new_default_directory() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> time{};
  std::strftime(time.data(), time.size(), "%Y%m%dT%H%M%SZ", &parts);
  return default_root() / fmt::format("{}-{}", time.data(), ::getpid());
}

std::optional<fs::path> newest_default_directory() {
  std::optional<fs::path> newest;
  fs::file_time_type newest_time;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator{default_root(), error}) {
    const fs::file_time_type time = entry.last_write_time(error);  // when its last file was begun
    if (!entry.is_directory(error) || (newest && time <= newest_time)) continue;
    newest = entry.path();
    newest_time = time;
  }
  return newest;
}

}  // namespace tenfold::journal
