#include "journal/memory_disk.hpp"

#include <algorithm>
#include <utility>

namespace tenfold::journal {

namespace fs = std::filesystem;

std::uint64_t MemoryDisk::State::used() const {
  std::uint64_t sum = 0;
  for (const auto& [path, content] : files) sum += content->bytes.size();
  return sum;
}

class MemoryDisk::MemoryFile final : public Disk::File {
 public:
  MemoryFile(std::shared_ptr<State> state, std::shared_ptr<Content> content)
      : state_{std::move(state)}, content_{std::move(content)} {}

  Result<std::size_t> append(std::string_view bytes) override {
    if (const std::error_code error = state_->fault(Operation::kAppend)) return std::unexpected(error);
    const std::uint64_t used = state_->used();
    const std::uint64_t room = state_->capacity > used ? state_->capacity - used : 0;
    const std::size_t size = std::min<std::uint64_t>({bytes.size(), room, state_->largest_append});
    if (size == 0 && !bytes.empty()) return std::unexpected(std::make_error_code(std::errc::no_space_on_device));
    content_->bytes += bytes.substr(0, size);
    content_->modified = state_->now;
    return size;
  }

  std::error_code sync() override {
    if (const std::error_code error = state_->fault(Operation::kSync)) return error;
    content_->synced = content_->bytes.size();
    return {};
  }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<Content> content_;
};

// A lock that a crash took away is nobody's to release.
class MemoryDisk::MemoryLock final : public Disk::Lock {
 public:
  MemoryLock(std::shared_ptr<State> state, fs::path directory)
      : state_{std::move(state)}, directory_{std::move(directory)}, crashes_{state_->crashes} {}
  MemoryLock(const MemoryLock&) = delete;
  MemoryLock& operator=(const MemoryLock&) = delete;
  ~MemoryLock() override {
    if (state_->crashes == crashes_) state_->locked.erase(directory_);
  }

 private:
  std::shared_ptr<State> state_;
  fs::path directory_;
  std::uint64_t crashes_;
};

void MemoryDisk::crash() {
  for (auto& [path, content] : state_->files) {
    // A copy: a file that is still open writes to what is no more.
    content = std::make_shared<Content>(*content);
    content->bytes.resize(content->synced);
  }
  state_->locked.clear();
  ++state_->crashes;
}

void MemoryDisk::overwrite(const fs::path& path, std::string bytes) {
  const auto found = state_->files.find(path);
  if (found != state_->files.end()) found->second->bytes = std::move(bytes);
}

std::error_code MemoryDisk::make_directory(const fs::path& directory) {
  if (const std::error_code error = state_->fault(Operation::kMakeDirectory)) return error;
  if (state_->files.contains(directory)) return std::make_error_code(std::errc::not_a_directory);
  for (fs::path path = directory; !path.empty(); path = path.parent_path()) {
    state_->directories.emplace(path, state_->now);
    if (path == path.parent_path()) break;
  }
  return {};
}

Disk::Result<std::unique_ptr<Disk::Lock>> MemoryDisk::lock(const fs::path& directory) {
  if (const std::error_code error = state_->fault(Operation::kLock)) return std::unexpected(error);
  if (!state_->directories.contains(directory)) {
    return std::unexpected(std::make_error_code(std::errc::no_such_file_or_directory));
  }
  if (!state_->locked.insert(directory).second) {
    return std::unexpected(std::make_error_code(std::errc::resource_unavailable_try_again));
  }
  return std::make_unique<MemoryLock>(state_, directory);
}

Disk::Result<std::unique_ptr<Disk::File>> MemoryDisk::create(const fs::path& path) {
  if (const std::error_code error = state_->fault(Operation::kCreate)) return std::unexpected(error);
  const auto directory = state_->directories.find(path.parent_path());
  if (directory == state_->directories.end()) {
    return std::unexpected(std::make_error_code(std::errc::no_such_file_or_directory));
  }
  auto content = std::make_shared<Content>();
  content->modified = directory->second = state_->now;
  if (!state_->files.emplace(path, content).second) {
    return std::unexpected(std::make_error_code(std::errc::file_exists));
  }
  return std::make_unique<MemoryFile>(state_, std::move(content));
}

Disk::Result<std::vector<Disk::Entry>> MemoryDisk::list(const fs::path& directory) {
  if (const std::error_code error = state_->fault(Operation::kList)) return std::unexpected(error);
  if (!state_->directories.contains(directory)) {
    return std::unexpected(std::make_error_code(std::errc::no_such_file_or_directory));
  }
  std::vector<Entry> entries;
  for (const auto& [path, content] : state_->files) {
    if (path.parent_path() != directory) continue;
    entries.push_back({.path = path, .size = content->bytes.size(), .modified = content->modified});
  }
  for (const auto& [path, modified] : state_->directories) {
    if (path.parent_path() == directory && path != directory) {
      entries.push_back({.path = path, .is_directory = true, .modified = modified});
    }
  }
  return entries;
}

Disk::Result<std::string> MemoryDisk::read(const fs::path& path) {
  if (const std::error_code error = state_->fault(Operation::kRead)) return std::unexpected(error);
  const auto found = state_->files.find(path);
  if (found == state_->files.end()) {
    return std::unexpected(std::make_error_code(std::errc::no_such_file_or_directory));
  }
  return found->second->bytes;
}

std::error_code MemoryDisk::remove(const fs::path& path) {
  if (const std::error_code error = state_->fault(Operation::kRemove)) return error;
  if (state_->files.erase(path) > 0) return {};
  const auto inside = list(path);
  if (!inside) return inside.error();
  if (!inside->empty()) return std::make_error_code(std::errc::directory_not_empty);
  state_->directories.erase(path);
  return {};
}

}  // namespace tenfold::journal
