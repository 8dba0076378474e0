// Lines and cells of CSV files.
#pragma once

#include <algorithm>
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

std::expected<std::string, std::string> read_file(const std::string& file);

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
