#include "cli/files.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "journal/started.hpp"

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

std::expected<std::string, std::string> newest_journal() {
  const auto newest = journal::last_started(journal::real_disk(), journal::default_root());
  if (newest) return newest->string();
  return std::unexpected(
      fmt::format("no service that started here has kept a journal (none is noted in {}); name one's directory",
                  journal::default_root().string()));
}

}  // namespace tenfold::cli
