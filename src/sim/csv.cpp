#include "sim/csv.hpp"

#include <cctype>
#include <cmath>

#include <fmt/format.h>

#include "config/read_text.hpp"
#include "sim/trace_time.hpp"

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

std::string lower(std::string_view text) {
  std::string made{text};
  std::ranges::transform(made, made.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return made;
}

std::optional<std::uint64_t> parse_cell_count(std::string_view cell) {
  const auto number = parse_number(cell);
  if (!number || *number < 0 || *number > static_cast<double>(kMostArrivals) || std::floor(*number) != *number)
    return std::nullopt;
  return static_cast<std::uint64_t>(*number);
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
