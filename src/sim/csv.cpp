#include "sim/csv.hpp"

#include <fmt/format.h>

#include "config/read_text.hpp"

namespace tenfold::sim {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '"')) text.remove_suffix(1);
  while (!text.empty() && (text.front() == ' ' || text.front() == '"')) text.remove_prefix(1);
  return text;
}

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find(',', begin), line.size());
    cells.push_back(trim(line.substr(begin, end - begin)));
    begin = end + 1;
  }
  return cells;
}

std::expected<std::string, std::string> read_file(const std::string& file) {
  auto text = config::read_text(file);
  if (text) return text;
  return std::unexpected(fmt::format("the file '{}' cannot be read: {}", file, text.error()));
}

std::string error_in(std::string_view file, std::size_t number, std::string_view problem) {
  return fmt::format("{}:{}: {}", file, number, problem);
}

}  // namespace tenfold::sim
