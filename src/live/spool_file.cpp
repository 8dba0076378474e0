#include "live/spool_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace tenfold::live {

namespace {

// Not every file system has O_TMPFILE; there the name is taken away at once.
int open_unlinked(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return fd;
  std::string name = (directory / "tenfold-spool-XXXXXX").string();
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

class DiskFile final : public SpoolFile {
 public:
  explicit DiskFile(std::filesystem::path directory) : directory_{std::move(directory)} {}
  ~DiskFile() override {
    if (fd_ >= 0) ::close(fd_);
  }

  bool write(std::uint64_t offset, std::string_view bytes) override {
    if (fd_ < 0) fd_ = open_unlinked(directory_);
    while (fd_ >= 0 && !bytes.empty()) {
      const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      offset += static_cast<std::uint64_t>(written);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return bytes.empty();
  }

  bool read(std::uint64_t offset, std::span<char> room) override {
    while (!room.empty()) {
      const ssize_t got = ::pread(fd_, room.data(), room.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      offset += static_cast<std::uint64_t>(got);
      room = room.subspan(static_cast<std::size_t>(got));
    }
    return true;
  }

  void clear() override {
    if (fd_ >= 0 && ::ftruncate(fd_, 0) != 0) ::close(std::exchange(fd_, -1));
  }

 private:
  std::filesystem::path directory_;
  int fd_ = -1;
};

}  // namespace

std::unique_ptr<SpoolFile> make_spool_file(std::filesystem::path directory) {
  return std::make_unique<DiskFile>(std::move(directory));
}

std::filesystem::path default_spool_directory() {
  const char* stated = std::getenv("TMPDIR");
  return stated && *stated ? stated : "/var/tmp";
}

}  // namespace tenfold::live
