#include "journal/keep.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "journal/files.hpp"

namespace tenfold::journal {

namespace fs = std::filesystem;

namespace {

struct Kept {
  fs::path directory;
  std::vector<fs::path> files;
  std::uint64_t bytes = 0;
  std::chrono::system_clock::time_point modified;
};

// Nothing: no journal, or more than that.
std::optional<Kept> look_into(Disk& disk, const Disk::Entry& entry) {
  const auto inside = disk.list(entry.path);
  if (!entry.is_directory || !inside) return std::nullopt;
  Kept kept{.directory = entry.path, .modified = entry.modified};
  for (const Disk::Entry& file : *inside) {
    if (!is_journal_file(file)) return std::nullopt;
    kept.files.push_back(file.path);
    kept.bytes += file.size;
    kept.modified = std::max(kept.modified, file.modified);
  }
  return kept;
}

void remove(Disk& disk, const Kept& journal) {
  const auto lock = disk.lock(journal.directory);
  if (!lock) return;
  // What cannot be removed now is tried again by the next service that starts.
  [[maybe_unused]] std::error_code ignored;
  for (const fs::path& file : journal.files) ignored = disk.remove(file);
  ignored = disk.remove(journal.directory);
}

}  // namespace

void remove_old_journals(Disk& disk, const fs::path& root, const KeepLimits& limits,
                         std::chrono::system_clock::time_point now) {
  const auto entries = disk.list(root);
  if (!entries) return;
  std::vector<Kept> journals;
  for (const Disk::Entry& entry : *entries) {
    if (auto kept = look_into(disk, entry)) journals.push_back(std::move(*kept));
  }
  std::ranges::sort(journals, std::ranges::greater{}, &Kept::modified);
  std::uint64_t bytes = 0;
  for (const Kept& journal : journals) {
    bytes += journal.bytes;
    const bool is_too_old = limits.age > limits.age.zero() && now - journal.modified > limits.age;
    const bool is_too_much = limits.bytes > 0 && bytes > limits.bytes;
    if (is_too_old || is_too_much) remove(disk, journal);
  }
}

}  // namespace tenfold::journal
