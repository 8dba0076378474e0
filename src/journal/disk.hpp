// What a journal needs of a file system, and nothing more: the real one behind it in a live service, one in memory,
// which fails as it is told, in a simulation.
//
// Errors are error codes; the caller knows what it wanted and makes the sentence.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace tenfold::journal {

class Disk {
 public:
  template <class T>
  using Result = std::expected<T, std::error_code>;

  // A file that is being written; closed when it is destroyed.
  class File {
   public:
    virtual ~File() = default;
    // Appends what the disk takes of `bytes`: how many bytes that was, at least one of a text that is not empty.
    virtual Result<std::size_t> append(std::string_view bytes) = 0;
    // Returns when what was appended outlives the machine's crash.
    virtual std::error_code sync() = 0;
  };

  // A directory is this process's while this lives.
  class Lock {
   public:
    virtual ~Lock() = default;
  };

  struct Entry {
    std::filesystem::path path;  // with its directory
    bool is_directory = false;
    std::uint64_t size = 0;  // bytes; of a directory, nothing that means anything
    std::chrono::system_clock::time_point modified;
  };

  virtual ~Disk() = default;

  // Makes the directory and those above it; only its user may enter it. None to make is no error.
  virtual std::error_code make_directory(const std::filesystem::path& directory) = 0;
  // std::errc::resource_unavailable_try_again where another has it.
  virtual Result<std::unique_ptr<Lock>> lock(const std::filesystem::path& directory) = 0;
  // A new file that only its user may read. std::errc::file_exists where there is one: nothing is ever overwritten.
  virtual Result<std::unique_ptr<File>> create(const std::filesystem::path& path) = 0;
  // In no order. A directory that is not there is an error.
  virtual Result<std::vector<Entry>> list(const std::filesystem::path& directory) = 0;
  // All of a file, as long as it is now.
  virtual Result<std::string> read(const std::filesystem::path& path) = 0;
  // A file, or an empty directory.
  virtual std::error_code remove(const std::filesystem::path& path) = 0;
};

// The machine's. May be called from any thread.
Disk& real_disk();

}  // namespace tenfold::journal
