// The files of a journal, and where journals are.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "journal/disk.hpp"

namespace tenfold::journal {

// The files of the journal in `directory`, in their order; none if there is no such directory.
std::vector<std::filesystem::path> files_of(Disk& disk, const std::filesystem::path& directory);

// 000042.tfj in `directory`, and back.
std::filesystem::path path_of(const std::filesystem::path& directory, std::uint32_t number);
std::uint32_t number_of(const std::filesystem::path& file);

// Where services keep their journals unless told otherwise: $XDG_STATE_HOME/tenfold/journal, else
// ~/.local/state/tenfold/journal. Each service has a directory of its own there, named by its time and process.
std::filesystem::path default_root();
std::filesystem::path new_default_directory();

// The directory under the default root whose service started last.
std::optional<std::filesystem::path> newest_default_directory();

}  // namespace tenfold::journal
