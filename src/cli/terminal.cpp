#include "cli/terminal.hpp"

#include <algorithm>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace tenfold::cli {

namespace {

constexpr std::size_t kNarrowest = 60;
constexpr std::size_t kWidest = 1000;

}  // namespace

std::optional<TerminalSize> terminal_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return std::nullopt;
  return TerminalSize{.rows = size.ws_row, .columns = size.ws_col};
}

std::size_t terminal_width() {
  std::size_t width = kWidest;
  if (const auto size = terminal_size()) width = size->columns;
  if (const char* columns = std::getenv("COLUMNS")) {
    const long stated = std::strtol(columns, nullptr, 10);
    if (stated > 0) width = static_cast<std::size_t>(stated);
  }
  return std::clamp(width, kNarrowest, kWidest);
}

}  // namespace tenfold::cli
