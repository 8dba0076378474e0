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
constexpr std::size_t kMaxParentLength = 64;

std::string parent_directory() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const bool is_usable = runtime != nullptr && runtime[0] == '/' &&
                         std::string_view{runtime}.size() <= kMaxParentLength && ::access(runtime, W_OK | X_OK) == 0;
  return is_usable ? runtime : "/tmp";
}

// Locks the directory; empty when another process has it, or when it is not ours or no directory.
Fd lock_directory(const std::string& path) {
  Fd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  struct stat info{};
  if (!fd || ::fstat(fd.get(), &info) != 0 || info.st_uid != ::geteuid()) return {};
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return {};
  return fd;
}

void remove_left_over(const std::string& parent) {
  std::error_code error;
  std::error_code ignored;
  for (fs::directory_iterator at{parent, error}; !error && at != fs::directory_iterator{}; at.increment(error)) {
    const std::string path = at->path().string();
    if (!at->path().filename().string().starts_with(kPrefix)) continue;
    if (const Fd lock = lock_directory(path)) fs::remove_all(path, ignored);
  }
}

}  // namespace

RuntimeDirectory::RuntimeDirectory() {
  const std::string parent = parent_directory();
  remove_left_over(parent);
  // Between making and locking it, another process that starts may take it for left over, and remove it: then again.
  std::error_code ignored;
  while (!lock_ || !fs::exists(path_, ignored)) {
    path_ = parent + "/" + std::string{kPrefix} + "XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(),
                              "no directory for the sockets of replicas can be made in " + parent +
                                  "; set XDG_RUNTIME_DIR to one that may be written");
    }
    lock_ = lock_directory(path_);
  }
}

RuntimeDirectory::~RuntimeDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace tenfold::live
