// The files of a journal.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "journal/disk.hpp"

namespace tenfold::journal {

// The files of the journal in `directory`, in their order; none if there is no such directory.
std::vector<std::filesystem::path> files_of(Disk& disk, const std::filesystem::path& directory);

// 000042.tfj in `directory`, and back.
std::filesystem::path path_of(const std::filesystem::path& directory, std::uint32_t number);
std::uint32_t number_of(const std::filesystem::path& file);

// A file of a journal, by its name.
bool is_journal_file(const Disk::Entry& entry);

}  // namespace tenfold::journal
