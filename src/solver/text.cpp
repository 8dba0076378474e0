#include "solver/text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>

#include <fmt/format.h>

#include "base/utf8.hpp"

namespace tenfold::solver {

namespace {

constexpr std::string_view kBlanks = " \t\r\v\f";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// std::from_chars leaves what does not fit: it is 0 or infinite, and the exponent says which.
double out_of_range(std::string_view word) { return std::strtod(std::string{word}.c_str(), nullptr); }

std::optional<double> parse(std::string_view word) {
  double number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (end != word.data() + word.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return out_of_range(word);
  return error == std::errc{} ? std::optional{number} : std::nullopt;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string made{text};
  std::ranges::transform(made, made.begin(), [](char c) { return lower(c); });
  return made;
}

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](char a, char b) { return lower(a) == lower(b); });
}

void split(std::string_view line, std::vector<std::string_view>& words) {
  words.clear();
  const auto is_blank = [](char c) { return kBlanks.find(c) != std::string_view::npos; };
  std::size_t at = 0;
  while (true) {
    while (at < line.size() && is_blank(line[at])) ++at;
    if (at == line.size()) return;
    const std::size_t start = at;
    while (at < line.size() && !is_blank(line[at])) ++at;
    words.push_back(line.substr(start, at - start));
  }
}

std::optional<double> to_number(std::string_view word) {
  const bool is_negative = word.starts_with('-');
  if (is_negative || word.starts_with('+')) word.remove_prefix(1);
  if (word.empty() || (word[0] != '.' && (word[0] < '0' || word[0] > '9'))) return std::nullopt;
  std::optional<double> number;
  if (const std::size_t exponent = word.find_first_of("dD"); exponent != std::string_view::npos) {
    std::string plain{word};
    plain[exponent] = 'e';
    number = parse(plain);
  } else {
    number = parse(word);
  }
  if (number && is_negative) number = -*number;
  return number;
}

std::optional<double> to_infinity(std::string_view word) {
  const bool is_negative = word.starts_with('-');
  if (is_negative || word.starts_with('+')) word.remove_prefix(1);
  if (!equals_ignoring_case(word, "inf") && !equals_ignoring_case(word, "infinity")) return std::nullopt;
  const double infinity = std::numeric_limits<double>::infinity();
  return is_negative ? -infinity : infinity;
}

std::optional<double> to_limit(std::string_view word) {
  const auto number = to_number(word);
  return number ? number : to_infinity(word);
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = utf8_length(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string from_latin1(std::string_view text) {
  std::string made;
  made.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < 0x80) {
      made += c;
    } else {
      made += static_cast<char>(0xC0 | (byte >> 6));
      made += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return made;
}

std::string shown(std::string_view text) {
  std::string made;
  for (std::size_t count = 0; count < kShownCharacters && !text.empty(); ++count) {
    const std::size_t size = utf8_length(text);
    made += size > 0 ? text.substr(0, size) : kReplacement;
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return made;
}

std::string to_text(double number) { return fmt::format("{}", number); }

bool Lines::next() {
  if (rest_.empty()) return false;
  const std::size_t end = std::min(rest_.find_first_of("\r\n"), rest_.size());
  line_ = rest_.substr(0, end);
  rest_.remove_prefix(end);
  rest_.remove_prefix(rest_.starts_with("\r\n") ? 2 : std::min<std::size_t>(1, rest_.size()));
  ++number_;
  return true;
}

}  // namespace tenfold::solver
