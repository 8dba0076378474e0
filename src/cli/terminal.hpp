// What is known of who reads what is printed.
#pragma once

#include <cstddef>

namespace tenfold::cli {

// Characters in a line of standard output: $COLUMNS, else what its terminal says. In a file or a pipe
// nothing is folded: 1000.
std::size_t terminal_width();

}  // namespace tenfold::cli
