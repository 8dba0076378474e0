#include "journal/started.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "journal/files.hpp"

namespace tenfold::journal {

namespace fs = std::filesystem;

namespace {

// More starts than anybody asks about.
constexpr std::size_t kMostNoted = 100;

fs::path starts_of(const fs::path& root) { return root / "started"; }

// The newest first: their names begin with their time.
std::vector<fs::path> notes_in(Disk& disk, const fs::path& root) {
  std::vector<fs::path> notes;
  if (const auto entries = disk.list(starts_of(root))) {
    for (const Disk::Entry& entry : *entries) {
      if (!entry.is_directory) notes.push_back(entry.path);
    }
  }
  std::ranges::sort(notes, std::ranges::greater{});
  return notes;
}

// The one written last first.
std::vector<fs::path> directories_under(Disk& disk, const fs::path& root) {
  std::vector<fs::path> directories;
  auto entries = disk.list(root);
  if (!entries) return directories;
  std::ranges::sort(*entries, std::ranges::greater{}, &Disk::Entry::modified);
  for (const Disk::Entry& entry : *entries) {
    if (entry.is_directory && entry.path != starts_of(root)) directories.push_back(entry.path);
  }
  return directories;
}

}  // namespace

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

void note_start(Disk& disk, const fs::path& root, const fs::path& directory, std::chrono::system_clock::time_point now,
                std::int64_t pid) {
  if (disk.make_directory(starts_of(root))) return;
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
  const auto file = disk.create(starts_of(root) / fmt::format("{:020}-{}", since, pid));
  if (!file) return;
  const std::string text = directory.string();
  for (std::size_t done = 0; done < text.size();) {
    const auto written = (*file)->append(std::string_view{text}.substr(done));
    if (!written) return;  // half a path is no journal's
    done += *written;
  }
  const auto notes = notes_in(disk, root);
  [[maybe_unused]] std::error_code ignored;
  for (std::size_t i = kMostNoted; i < notes.size(); ++i) ignored = disk.remove(notes[i]);
}

std::vector<fs::path> all_started(Disk& disk, const fs::path& root) {
  std::vector<fs::path> directories;
  const auto add = [&](const fs::path& directory) {
    const bool is_known = std::ranges::find(directories, directory) != directories.end();
    if (!directory.empty() && !is_known && !files_of(disk, directory).empty()) directories.push_back(directory);
  };
  for (const fs::path& note : notes_in(disk, root)) add(disk.read(note).value_or(""));
  for (const fs::path& directory : directories_under(disk, root)) add(directory);
  return directories;
}

std::optional<fs::path> last_started(Disk& disk, const fs::path& root) {
  const auto all = all_started(disk, root);
  return all.empty() ? std::nullopt : std::optional{all.front()};
}

}  // namespace tenfold::journal
