// A disk in memory, which is full, fails and forgets as it is told: for simulations and tests.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "journal/disk.hpp"

namespace tenfold::journal {

// Not thread-safe. Files and locks may outlive the disk.
class MemoryDisk final : public Disk {
 public:
  enum class Operation : std::uint8_t { kMakeDirectory, kLock, kCreate, kAppend, kSync, kList, kRead, kRemove };

  // Asked before each operation: the error that it fails with, or none.
  using Faults = std::function<std::error_code(Operation)>;
  void set_faults(Faults faults) { state_->faults = std::move(faults); }
  // Bytes that files may hold together; what is appended beyond that is cut, and then fails as a full disk does.
  void set_capacity(std::uint64_t bytes) { state_->capacity = bytes; }
  // At most so many bytes are taken at a time: short writes.
  void set_largest_append(std::size_t bytes) { state_->largest_append = bytes; }
  // Bytes that files hold together.
  std::uint64_t used() const { return state_->used(); }
  // What files that change from now on say of their time.
  void set_time(std::chrono::system_clock::time_point now) { state_->now = now; }

  // The machine crashes: what was not synced is lost, and nothing is locked.
  void crash();
  // Changes what a file holds.
  void overwrite(const std::filesystem::path& path, std::string bytes);

  std::error_code make_directory(const std::filesystem::path& directory) override;
  Result<std::unique_ptr<Lock>> lock(const std::filesystem::path& directory) override;
  Result<std::unique_ptr<File>> create(const std::filesystem::path& path) override;
  Result<std::vector<Entry>> list(const std::filesystem::path& directory) override;
  Result<std::string> read(const std::filesystem::path& path) override;
  std::error_code remove(const std::filesystem::path& path) override;

 private:
  struct Content {
    std::string bytes;
    std::size_t synced = 0;
    std::chrono::system_clock::time_point modified;
  };
  struct State {
    std::error_code fault(Operation operation) const { return faults ? faults(operation) : std::error_code{}; }
    std::uint64_t used() const;

    Faults faults;
    std::uint64_t capacity = ~std::uint64_t{0};
    std::size_t largest_append = ~std::size_t{0};
    std::chrono::system_clock::time_point now;
    std::map<std::filesystem::path, std::shared_ptr<Content>> files;
    std::map<std::filesystem::path, std::chrono::system_clock::time_point> directories;
    std::set<std::filesystem::path> locked;
    std::uint64_t crashes = 0;
  };
  class MemoryFile;
  class MemoryLock;

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace tenfold::journal
