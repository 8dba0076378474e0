// The disk under a spool.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

namespace tenfold::live {

// A file of bytes that nobody else sees and that is gone with the process. Behind an interface because a disk that is
// full, or that fails, is a case like any other. One thread.
class SpoolFile {
 public:
  virtual ~SpoolFile() = default;

  // Writes all of `bytes` at `offset`. False when the disk has no room for them, or fails.
  virtual bool write(std::uint64_t offset, std::string_view bytes) = 0;
  // Reads as much as `room` holds from `offset`, all of which was written. False when the disk fails.
  virtual bool read(std::uint64_t offset, std::span<char> room) = 0;
  // Gives the disk back what the file takes.
  virtual void clear() = 0;
};

// An unlinked file in `directory`, made when the first byte is written.
std::unique_ptr<SpoolFile> make_spool_file(std::filesystem::path directory);

// Where temporary files that may be large belong: $TMPDIR, else /var/tmp, which unlike /tmp is a disk everywhere.
std::filesystem::path default_spool_directory();

}  // namespace tenfold::live
