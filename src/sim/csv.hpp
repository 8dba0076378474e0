// Lines and cells of CSV files.
#pragma once

#include <algorithm>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenfold::sim {

// Without blanks, quotes and a carriage return around it.
std::string_view trim(std::string_view text);

// Between commas, each trimmed. A quoted comma parts cells too: no file of ours has one.
std::vector<std::string_view> cells_of(std::string_view line);

// In small letters: headers come in any case.
std::string lower(std::string_view text);

// A whole number from 0 to 50 million, also written as 3.0; nothing for anything else.
std::optional<std::uint64_t> parse_cell_count(std::string_view cell);

std::expected<std::string, std::string> read_file(const std::string& file);

// How many arrivals a file may hold: what fits into some gigabytes.
inline constexpr std::uint64_t kMostArrivals = 50'000'000;

// The error of a line: file:number: problem.
std::string error_in(std::string_view file, std::size_t number, std::string_view problem);

// Calls `take(line, number)` for each line that is neither empty nor a comment, until it returns what is wrong with it.
template <class Take>
std::expected<void, std::string> for_each_line(std::string_view text, std::string_view file, Take take) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const std::optional<std::string> wrong = take(line, number);
    if (wrong) return std::unexpected(error_in(file, number, *wrong));
  }
  return {};
}

}  // namespace tenfold::sim
