// The tables of a summary: a row for the whole time and one for each part, a column for each measure.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "load/result.hpp"

namespace tenfold::load {

struct Column {
  std::string_view name;
  double (*of)(const Histogram& times);  // in seconds
};
inline constexpr std::array<Column, 7> kColumns{{{"min", [](const Histogram& times) { return times.min_s(); }},
                                                 {"mean", [](const Histogram& times) { return times.mean_s(); }},
                                                 {"p50", [](const Histogram& times) { return times.quantile_s(0.5); }},
                                                 {"p90", [](const Histogram& times) { return times.quantile_s(0.9); }},
                                                 {"p95", [](const Histogram& times) { return times.quantile_s(0.95); }},
                                                 {"p99", [](const Histogram& times) { return times.quantile_s(0.99); }},
                                                 {"max", [](const Histogram& times) { return times.max_s(); }}}};

struct Row {
  std::string_view name;
  const Histogram* times;
};
// The whole time, and of its parts those that were measured: all where the server is Tenfold, but how late requests
// were sent only where that matters.
std::vector<Row> rows_of(const Result& result);

// Milliseconds where the middle request took less than ten of them, else seconds.
struct Unit {
  std::string_view name;
  double per_second;
};
Unit unit_of(const Result& result);

// The beginning of a wrong answer's body, on one line.
std::string shown_body(const WrongAnswer& wrong, std::size_t most);
// Bytes that are not UTF-8 become '?'.
std::string as_utf8(std::string_view bytes);

}  // namespace tenfold::load
