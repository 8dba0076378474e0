#include "load/rows.hpp"

#include <algorithm>

namespace tenfold::load {

namespace {

// Of the longest time: less of lateness is not worth a row.
constexpr double kNoticed = 0.01;

// The length of the well-formed sequence (RFC 3629) at the beginning of `bytes`; 0 if there is none.
std::size_t sequence_length(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first < 0xE0   ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first < 0xF5                  ? 4
                                                             : 0;
  if (first < 0xC2 || length == 0 || bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = at(1);
  const bool is_overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool is_no_character = (first == 0xED && second >= 0xA0) || (first == 0xF4 && second >= 0x90);
  return is_overlong || is_no_character ? 0 : length;
}

}  // namespace

std::vector<Row> rows_of(const Result& result) {
  std::vector<Row> rows{{"time", &result.time}};
  const auto part = [&](Part which) { return &result.parts[static_cast<std::size_t>(which)]; };
  const bool is_tenfold = part(Part::kSolve)->count() > 0;
  if (part(Part::kLate)->max_s() > kNoticed * result.time.max_s()) rows.push_back({" late", part(Part::kLate)});
  if (!is_tenfold) return rows;
  rows.push_back({" network", part(Part::kNetwork)});
  rows.push_back({" queue", part(Part::kQueue)});
  rows.push_back({" coldstart", part(Part::kColdStart)});
  rows.push_back({" solve", part(Part::kSolve)});
  return rows;
}

Unit unit_of(const Result& result) {
  return result.time.quantile_s(0.5) < 0.01 ? Unit{.name = "ms", .per_second = 1000}
                                            : Unit{.name = "seconds", .per_second = 1};
}

std::string as_utf8(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const std::size_t length = sequence_length(bytes);
    text += length == 0 ? std::string_view{"?"} : bytes.substr(0, length);
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text;
}

std::string shown_body(const WrongAnswer& wrong, std::size_t most) {
  if (wrong.body.empty()) return "(no body)";
  std::string text = as_utf8(std::string_view{wrong.body}.substr(0, most));
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  while (text.ends_with(' ')) text.pop_back();
  return wrong.body.size() > most ? text + "..." : text;
}

}  // namespace tenfold::load
