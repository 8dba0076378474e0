#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/disk.hpp"

namespace tenfold::journal {

namespace fs = std::filesystem;

namespace {

// A journal tells who asked for what: that is nobody's business but its user's.
constexpr ::mode_t kFileMode = 0600;
constexpr ::mode_t kDirectoryMode = 0700;

std::error_code last_error() { return {errno, std::generic_category()}; }

template <class Call>
auto retried(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_{fd} {}
  Descriptor(Descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Disk::Result<Descriptor> open(const fs::path& path, int flags) {
  const int fd = retried([&] { return ::open(path.c_str(), flags | O_CLOEXEC, kFileMode); });
  if (fd < 0) return std::unexpected(last_error());
  return Descriptor{fd};
}

class RealFile final : public Disk::File {
 public:
  explicit RealFile(Descriptor file) : file_{std::move(file)} {}

  Disk::Result<std::size_t> append(std::string_view bytes) override {
    const ssize_t written = retried([&] { return ::write(file_.get(), bytes.data(), bytes.size()); });
    if (written < 0) return std::unexpected(last_error());
    return static_cast<std::size_t>(written);
  }
  std::error_code sync() override { return ::fdatasync(file_.get()) == 0 ? std::error_code{} : last_error(); }

 private:
  Descriptor file_;
};

class RealLock final : public Disk::Lock {
 public:
  explicit RealLock(Descriptor directory) : directory_{std::move(directory)} {}

 private:
  Descriptor directory_;
};

std::chrono::system_clock::time_point modified_at(const struct stat& status) {
  using std::chrono::duration_cast;
  using Clock = std::chrono::system_clock;
  return Clock::time_point{duration_cast<Clock::duration>(std::chrono::seconds{status.st_mtim.tv_sec} +
                                                          std::chrono::nanoseconds{status.st_mtim.tv_nsec})};
}

class RealDisk final : public Disk {
 public:
  std::error_code make_directory(const fs::path& directory) override {
    if (directory.empty()) return {};
    struct stat status{};
    if (::stat(directory.c_str(), &status) == 0) {
      return S_ISDIR(status.st_mode) ? std::error_code{} : std::make_error_code(std::errc::not_a_directory);
    }
    if (directory.has_relative_path() && directory.parent_path() != directory) {
      if (const std::error_code error = make_directory(directory.parent_path())) return error;
    }
    return ::mkdir(directory.c_str(), kDirectoryMode) == 0 || errno == EEXIST ? std::error_code{} : last_error();
  }

  Result<std::unique_ptr<Lock>> lock(const fs::path& directory) override {
    auto opened = open(directory, O_RDONLY | O_DIRECTORY);
    if (!opened) return std::unexpected(opened.error());
    if (retried([&] { return ::flock(opened->get(), LOCK_EX | LOCK_NB); }) != 0) return std::unexpected(last_error());
    return std::make_unique<RealLock>(std::move(*opened));
  }

  Result<std::unique_ptr<File>> create(const fs::path& path) override {
    auto opened = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
    if (!opened) return std::unexpected(opened.error());
    return std::make_unique<RealFile>(std::move(*opened));
  }

  Result<std::vector<Entry>> list(const fs::path& directory) override {
    std::error_code error;
    std::vector<Entry> entries;
    fs::directory_iterator entry{directory, error};
    for (; !error && entry != fs::directory_iterator{}; entry.increment(error)) {
      struct stat status{};
      if (::stat(entry->path().c_str(), &status) != 0) continue;  // gone since
      entries.push_back({.path = entry->path(),
                         .is_directory = S_ISDIR(status.st_mode),
                         .size = static_cast<std::uint64_t>(status.st_size),
                         .modified = modified_at(status)});
    }
    if (error) return std::unexpected(error);
    return entries;
  }

  Result<std::string> read(const fs::path& path) override {
    const auto opened = open(path, O_RDONLY);
    if (!opened) return std::unexpected(opened.error());
    struct stat status{};
    if (::fstat(opened->get(), &status) != 0) return std::unexpected(last_error());
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t got = retried([&] { return ::read(opened->get(), bytes.data() + done, bytes.size() - done); });
      if (got < 0) return std::unexpected(last_error());
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    bytes.resize(done);
    return bytes;
  }

  std::error_code remove(const fs::path& path) override {
    return ::remove(path.c_str()) == 0 ? std::error_code{} : last_error();
  }
};

}  // namespace

Disk& real_disk() {
  static RealDisk disk;
  return disk;
}

}  // namespace tenfold::journal
