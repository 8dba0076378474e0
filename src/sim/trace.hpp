// Arrivals from files.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "sim/workload.hpp"

namespace tenfold::sim {

// A CSV file of arrivals in the order of their times, which begin at zero wherever the file's do. Its columns are named
// by a header line: `t` (or time, timestamp, arrival; seconds, or ISO 8601 in UTC), and where there are any `service`
// (or duration; seconds or with a unit) and `class` (any text). Without a header the first column is the time and the
// second the service. Other columns, such as sizes, are passed over. The error names file and line.
std::expected<std::vector<Arrival>, std::string> read_trace(const std::string& file);
std::expected<std::vector<Arrival>, std::string> parse_trace(std::string_view text, std::string_view file);

// Invocations per minute, from the format of the Azure Functions trace of 2019 (Shahrad et al., "Serverless in the
// Wild", ATC 2020), invocations_per_function_md.anon.dNN.csv: HashOwner, HashApp, HashFunction, Trigger, and then
// counts per minute. All functions together, or those whose hash begins with `function`.
std::expected<std::vector<std::uint64_t>, std::string> read_azure_counts(const std::string& file,
                                                                         std::string_view function);
std::expected<std::vector<std::uint64_t>, std::string> parse_azure_counts(std::string_view text, std::string_view file,
                                                                          std::string_view function);

}  // namespace tenfold::sim
