#include "report/words.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/utf8.hpp"

namespace tenfold::report {

namespace {

// The length of the character at the front of `text`; 0 where there is none, or one that XML refuses (U+FFFE, U+FFFF).
std::size_t sequence_length(std::string_view text) {
  return text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF") ? 0 : utf8_length(text);
}

}  // namespace

std::string span_text(core::Duration span) {
  const double s = seconds(span);
  if (s < 1) return fmt::format("{:.1f} ms", s * 1000);
  return s < 100 ? fmt::format("{:.2f} s", s) : fmt::format("{:.0f} s", s);
}

std::string setting_text(core::Duration span) {
  const double s = seconds(span);
  return s < 1 ? fmt::format("{:g} ms", s * 1000) : fmt::format("{:g} s", s);
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  std::size_t column = 0;
  bool is_at_begin = true;  // of a line: what stands there is not broken off
  while (!text.empty()) {
    // A word, and the blanks before it: a text may begin with some.
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) break;
    const std::string_view word = text.substr(0, text.find(' ', begin));
    const std::size_t size = width_of(word);
    if (!is_at_begin && column + size > width) {
      out += '\n' + std::string(indent, ' ');
      out += word.substr(begin);
      column = indent + size - begin;
    } else {
      out += word;
      column += size;
    }
    is_at_begin = false;
    text.remove_prefix(word.size());
  }
  return out;
}

std::string escape_xml(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const char c = text.front();
    const bool is_control = length == 1 && static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
    if (length == 0 || is_control) {
      out += '?';
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace tenfold::report
