#include "solver/mps_fields.hpp"

#include <algorithm>
#include <array>

#include "solver/text.hpp"

namespace tenfold::solver {

namespace {

struct Span {
  std::size_t start;
  std::size_t size;
};

// Columns 2-3, 5-12, 15-22, 25-36, 40-47 and 50-61, counted from 1.
constexpr std::array<Span, 6> kFields{{{1, 2}, {4, 8}, {14, 8}, {24, 12}, {39, 8}, {49, 12}}};

std::string_view trimmed(std::string_view text) {
  const std::size_t start = std::min(text.find_first_not_of(' '), text.size());
  text.remove_prefix(start);
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

// A `$` where field 3 or 5 begins makes the rest a comment.
std::string_view without_comment(std::string_view line) {
  for (const std::size_t start : {kFields[2].start, kFields[4].start}) {
    if (line.size() > start && line[start] == '$') return line.substr(0, start);
  }
  return line;
}

}  // namespace

bool split_fields(std::string_view line, MpsLayout layout, std::vector<std::string_view>& fields) {
  if (layout == MpsLayout::kFree) {
    split(line, fields);
    return true;
  }
  fields.clear();
  if (line.find('\t') != std::string_view::npos) return false;
  line = without_comment(line);
  std::size_t end = 0;
  for (const auto [start, size] : kFields) {
    const std::size_t from = std::min(start, line.size());
    if (!trimmed(line.substr(end, from - end)).empty()) return false;
    const std::string_view field = trimmed(line.substr(from, size));
    if (!field.empty()) fields.push_back(field);
    end = std::min(start + size, line.size());
  }
  return trimmed(line.substr(end)).empty();
}

}  // namespace tenfold::solver
