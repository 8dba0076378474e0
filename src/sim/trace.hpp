// Arrivals from a CSV file.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "sim/class_names.hpp"
#include "sim/workload.hpp"

namespace tenfold::sim {

struct Trace {
  std::vector<Arrival> arrivals;
  // What people should know: columns that are not used.
  std::vector<std::string> notes;
};

// A CSV file of arrivals in the order of their times, which begin at zero wherever the file's do. Its columns are named
// by a header line, in any case: `t` (or time, timestamp, arrival, at; seconds, or ISO 8601 in UTC), and where there
// are any `service` (or duration; seconds or with a unit) and `class` (or path; any text, by which `classes` numbers
// it). Without a header the first column is the time and the second the service. The error names file and line.
std::expected<Trace, std::string> read_trace(const std::string& file, ClassNames& classes);
std::expected<Trace, std::string> parse_trace(std::string_view text, std::string_view file, ClassNames& classes);

}  // namespace tenfold::sim
