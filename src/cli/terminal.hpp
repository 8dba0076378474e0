// What is known of who reads what is printed.
#pragma once

#include <cstddef>
#include <optional>

namespace tenfold::cli {

struct TerminalSize {
  std::size_t rows = 0;
  std::size_t columns = 0;
};
// What the terminal of standard output says; nothing where that is none, or says nothing.
std::optional<TerminalSize> terminal_size();

// Characters in a line of standard output: $COLUMNS, else what its terminal says. In a file or a pipe
// nothing is folded: 1000.
std::size_t terminal_width();

}  // namespace tenfold::cli
