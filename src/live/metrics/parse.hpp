// The number in what a metric's server answered.
//
// Pure: an answer goes in, a finite number or the reason why there is none comes out. The reason is a clause about the
// server, "it answered 500 and not 200", which whoever asked puts behind the metric's name.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace tenfold::live {

// The keys and indices from a document's root to a value.
using Location = std::vector<std::string>;

// Reads "a.b[0].c" or "a.b.0.c", in which a backslash takes the next character as it is (KEDA's notation, which is
// GJSON's), or a JSON pointer (RFC 6901), which begins with a slash: "/a/b/0/c". An empty one is the whole document.
std::expected<Location, std::string> parse_location(std::string_view text);

// The number at `location` in an answer that is a JSON document, as KEDA's metrics-api scaler reads it. A string that
// holds a number counts as one.
std::expected<double, std::string> parse_json_metric(int status, std::string_view body, const Location& location);

// The value in an answer of Prometheus' instant query (/api/v1/query): of a scalar, or of a vector that has exactly
// one element.
std::expected<double, std::string> parse_prometheus_metric(int status, std::string_view body);

}  // namespace tenfold::live
