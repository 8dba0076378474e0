// Where a metric is asked for, and how.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "config/app_config.hpp"

namespace tenfold::live {

struct MetricRequest {
  std::string host;  // a name or an IP address
  std::uint16_t port = 80;
  std::string head;  // the whole request, as it is sent
  std::string url;   // for people
};

// A place that is asked over plain HTTP.
struct HttpPlace {
  std::string host;  // a name or an IP address
  std::uint16_t port = 80;
  std::string authority;  // what Host says
  std::string target;     // path and query
};

// From its URL. The error says what is wrong with that; `what` are the things asked for there: "metric". https is
// refused, for there is no TLS yet.
std::expected<HttpPlace, std::string> parse_place(const std::string& url, std::string_view what);

// The request for a source. The error says what is wrong with its URL; https is refused, for there is no TLS yet.
std::expected<MetricRequest, std::string> make_request(const config::JsonSource& source);
// An instant query: GET {server_address}/api/v1/query?query=...
std::expected<MetricRequest, std::string> make_request(const config::PrometheusSource& source);

}  // namespace tenfold::live
