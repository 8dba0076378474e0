// Which services have started, and where each keeps its journal: for `tenfold explain` without a directory.
//
// A small file for each under <root>/started, named by time and process, that holds the journal's directory. The oldest
// go; what is said of directories that are gone is passed over.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "journal/disk.hpp"

namespace tenfold::journal {

// Where services keep their journals unless told otherwise: $XDG_STATE_HOME/tenfold/journal, else
// ~/.local/state/tenfold/journal. Each service has a directory of its own there, named by its time and process.
std::filesystem::path default_root();
std::filesystem::path new_default_directory();

// Notes that process `pid` started at `now` and keeps its journal in `directory`, an absolute path. Where that cannot
// be noted it is left out: nothing depends on it.
void note_start(Disk& disk, const std::filesystem::path& root, const std::filesystem::path& directory,
                std::chrono::system_clock::time_point now, std::int64_t pid);

// The journals that there are, each once: those of the services that are noted, wherever they lie, the last that
// started first; then the others under `root`, the one whose last file was begun last first.
std::vector<std::filesystem::path> all_started(Disk& disk, const std::filesystem::path& root);

// The first of them. None if there is no journal.
std::optional<std::filesystem::path> last_started(Disk& disk, const std::filesystem::path& root);

}  // namespace tenfold::journal
