#include "solver/find_error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

namespace tenfold::solver {

namespace {

constexpr std::size_t kShownText = 80;

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    if (line.empty()) return words;
    const std::size_t end = std::min(line.find_first_of(" \t\r"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

bool is_number(std::string_view word) {
  if (word.starts_with('+')) word.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc{} && end == word.data() + word.size();
}

std::string lower(std::string_view text) {
  std::string made{text};
  std::ranges::transform(made, made.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return made;
}

// Goes through a file line by line and keeps the number.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_{text} {}
  bool next() {
    if (rest_.empty()) return false;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++number_;
    return true;
  }
  std::string_view line() const { return line_; }
  FileError error(std::string what) const {
    return {number_, std::move(what), std::string{line_.substr(0, kShownText)}};
  }

 private:
  std::string_view rest_;
  std::string_view line_;
  std::size_t number_ = 0;
};

class MpsCheck {
 public:
  std::optional<std::string> section(const std::vector<std::string_view>& words) {
    constexpr std::array<std::string_view, 16> kSections{
        "NAME",      "ROWS",   "COLUMNS", "RHS",     "RANGES",   "BOUNDS", "ENDATA", "OBJSENSE",
        "OBJSENSE:", "OBJECT", "QUADOBJ", "QMATRIX", "QSECTION", "SOS",    "SETS",   "QCMATRIX"};
    section_ = words[0];
    if (section_ == "MAX" || section_ == "MIN" || section_ == "OBJSENSE") return std::nullopt;
    if (std::ranges::find(kSections, section_) != kSections.end()) return std::nullopt;
    return fmt::format("'{}' is no section of an MPS file", section_.substr(0, kShownText));
  }

  std::optional<std::string> data(const std::vector<std::string_view>& words) {
    if (section_.empty()) return "a line before the first section";
    if (section_ == "ROWS") return row(words);
    if (section_ == "COLUMNS") return entries(words, true);
    if (section_ == "RHS" || section_ == "RANGES") return entries(words, false);
    if (section_ == "BOUNDS") return bound(words);
    return std::nullopt;
  }

  bool is_at_end() const { return section_ == "ENDATA"; }
  bool has_spaces_in_names() const { return has_spaces_in_names_; }

 private:
  std::optional<std::string> row(const std::vector<std::string_view>& words) {
    const bool is_row = words.size() >= 2 && words[0].size() == 1 && std::string_view{"NLGEnlge"}.contains(words[0][0]);
    if (!is_row) return "a row is its type, N, L, G or E, and its name";
    rows_.emplace(words[1]);
    has_spaces_in_names_ = has_spaces_in_names_ || words.size() > 2;
    return std::nullopt;
  }

  // [name] row value [row value]; the name of an RHS may be left out.
  std::optional<std::string> entries(const std::vector<std::string_view>& words, bool is_named) {
    if (words.size() >= 2 && words[1] == "'MARKER'") return std::nullopt;
    const std::size_t first = is_named || words.size() % 2 == 1 ? 1 : 0;
    if (words.size() < first + 2) return "a name, a row and a value are wanted here";
    for (std::size_t i = first; i + 1 < words.size(); i += 2) {
      if (!rows_.contains(std::string{words[i]})) return fmt::format("row '{}' is not declared in ROWS", words[i]);
      if (!is_number(words[i + 1])) return fmt::format("'{}' is no number", words[i + 1]);
    }
    return std::nullopt;
  }

  std::optional<std::string> bound(const std::vector<std::string_view>& words) {
    constexpr std::array<std::string_view, 10> kTypes{"LO", "UP", "FX", "FR", "MI", "PL", "BV", "LI", "UI", "SC"};
    if (std::ranges::find(kTypes, words[0]) == kTypes.end()) return fmt::format("'{}' is no type of bound", words[0]);
    if (words.size() < 2) return "a bound names its column";
    const bool has_value = words[0] != "FR" && words[0] != "MI" && words[0] != "PL" && words[0] != "BV";
    if (has_value && !is_number(words.back())) return fmt::format("'{}' is no number", words.back());
    return std::nullopt;
  }

  std::string section_;
  std::unordered_set<std::string> rows_;
  bool has_spaces_in_names_ = false;
};

}  // namespace

FileError find_mps_error(std::string_view text) {
  Lines lines{text};
  MpsCheck check;
  while (lines.next() && !check.is_at_end()) {
    const std::string_view line = lines.line();
    const auto words = split(line);
    if (words.empty() || line.front() == '*') continue;
    const bool is_section = line.front() != ' ' && line.front() != '\t';
    const auto what = is_section ? check.section(words) : check.data(words);
    if (check.has_spaces_in_names()) return {};
    if (what) return lines.error(*what);
  }
  if (!check.is_at_end()) return lines.error("the file ends without ENDATA");
  return {};
}

FileError find_lp_error(std::string_view text) {
  constexpr std::array<std::string_view, 6> kSenses{"min", "max", "minimize", "maximize", "minimise", "maximise"};
  Lines lines{text};
  bool has_sense = false;
  bool has_end = false;
  while (lines.next() && !has_end) {
    const auto words = split(lines.line());
    if (words.empty() || words[0].starts_with('\\')) continue;
    const std::string word = lower(words[0].substr(0, words[0].find(':')));
    if (!has_sense && std::ranges::find(kSenses, word) == kSenses.end()) {
      return lines.error("an LP file begins with minimize or maximize");
    }
    has_sense = true;
    has_end = word == "end";
    for (const std::string_view part : words) {
      if (part.find_first_of("@`\"?") != std::string_view::npos)
        return lines.error(fmt::format("'{}' is no word of an LP file", part));
    }
  }
  if (!has_sense) return lines.error("the file holds no objective");
  if (!has_end) return lines.error("the file ends without 'end'");
  return {};
}

}  // namespace tenfold::solver
