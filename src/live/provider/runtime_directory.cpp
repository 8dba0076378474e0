#include "live/provider/runtime_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tenfold::live {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "tenfold-replicas-";
// A unix socket's path has at most 107 bytes (unix(7)); this leaves room for the directory's and the socket's names.
constexpr std::size_t kMaxParentLength = 56;

bool is_usable(const char* directory) {
  return directory != nullptr && directory[0] == '/' && std::string_view{directory}.size() <= kMaxParentLength &&
         ::access(directory, W_OK | X_OK) == 0;
}

std::string parent_directory() {
  for (const char* const directory : {static_cast<const char*>(std::getenv("XDG_RUNTIME_DIR")), "/run"}) {
    if (is_usable(directory)) return directory;
  }
  return "/tmp";
}

// Locks the directory. Empty, with errno set, when another process has it (EWOULDBLOCK), when it is gone (ENOENT), not
// ours or no directory.
Fd lock_directory(const std::string& path) {
  errno = EPERM;
  Fd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  struct stat info{};
  if (!fd || ::fstat(fd.get(), &info) != 0 || info.st_uid != ::geteuid()) return {};
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return {};
  return fd;
}

void remove_left_over(const std::string& parent, std::string_view prefix) {
  std::error_code error;
  std::error_code ignored;
  for (fs::directory_iterator at{parent, error}; !error && at != fs::directory_iterator{}; at.increment(error)) {
    const std::string path = at->path().string();
    if (!at->path().filename().string().starts_with(prefix)) continue;
    if (const Fd lock = lock_directory(path)) fs::remove_all(path, ignored);
  }
}

}  // namespace

RuntimeDirectory::RuntimeDirectory() : RuntimeDirectory{parent_directory(), kPrefix} {}

RuntimeDirectory::RuntimeDirectory(const std::string& parent, std::string_view prefix) {
  remove_left_over(parent, prefix);
  // Between making and locking it, another process that starts may take it for left over, and remove it: then again.
  std::error_code ignored;
  while (!lock_ || !fs::exists(path_, ignored)) {
    path_ = parent + "/" + std::string{prefix} + "XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(),
                              "no directory for the sockets of replicas can be made in " + parent +
                                  "; set XDG_RUNTIME_DIR to one that may be written");
    }
    lock_ = lock_directory(path_);
    if (lock_ || errno == EWOULDBLOCK || errno == ENOENT) continue;
    // Whatever else is in its way stays there, and each try would leave a directory.
    const int error = errno;
    ::rmdir(path_.c_str());
    throw std::system_error(error, std::generic_category(), "the directory for the sockets of replicas, " + path_);
  }
}

RuntimeDirectory::~RuntimeDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace tenfold::live
