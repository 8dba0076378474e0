// System calls and not std::ifstream, whose buffer throws where a read fails: on a directory, say.
#include "config/read_text.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace tenfold::config {

std::expected<std::string, std::string> read_text(int fd, std::size_t most) {
  std::string text;
  std::array<char, 65'536> buffer;
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n == 0 || text.size() >= most) return text;
    if (n > 0) text.append(buffer.data(), static_cast<std::size_t>(n));
    if (n < 0 && errno != EINTR) return std::unexpected(std::strerror(errno));
  }
}

std::expected<std::string, std::string> read_text(const std::string& path, std::size_t most) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::unexpected(std::strerror(errno));
  auto text = read_text(fd, most);
  ::close(fd);
  return text;
}

}  // namespace tenfold::config
