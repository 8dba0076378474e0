#include "cli/files.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

namespace tenfold::cli {

std::expected<void, std::string> write_file(const std::string& path, const std::string& text) {
  errno = 0;
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << text;
  file.close();
  if (file.good()) return {};
  return std::unexpected(
      fmt::format("cannot write {}: {}; name a file in a directory that you may write", path, std::strerror(errno)));
}

}  // namespace tenfold::cli
