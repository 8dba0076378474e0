// What /status says, for people on a terminal.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace tenfold::cli {

struct TextSize {
  // Lines that fit; longer lists are cut, which is said.
  std::size_t rows = 1000;
  // Characters in a line; longer ones are cut.
  std::size_t columns = 1000;
};

// The error says what is wrong with `json`.
std::expected<std::string, std::string> status_text(std::string_view json, TextSize size);

}  // namespace tenfold::cli
