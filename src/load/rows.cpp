#include "load/rows.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace tenfold::load {

namespace {

// Of the longest time: less of lateness is not worth a row.
constexpr double kNoticed = 0.01;

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

std::string as_utf8(std::string_view bytes) { return to_utf8(bytes, "?"); }

std::string shown_body(const WrongAnswer& wrong, std::size_t most) {
  if (wrong.body.empty()) return "(no body)";
  std::string text = as_utf8(std::string_view{wrong.body}.substr(0, most));
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  while (text.ends_with(' ')) text.pop_back();
  return wrong.body.size() > most ? text + "..." : text;
}

}  // namespace tenfold::load
