// Where a metric is asked for, and how.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "config/app_config.hpp"

namespace tenfold::live {

struct MetricRequest {
  std::string host;  // a name or an IP address
  std::uint16_t port = 80;
  std::string head;  // the whole request, as it is sent
  std::string url;   // for people
};

// The request for a source. The error says what is wrong with its URL; https is refused, for there is no TLS yet.
std::expected<MetricRequest, std::string> make_request(const config::JsonSource& source);
// An instant query: GET {server_address}/api/v1/query?query=...
std::expected<MetricRequest, std::string> make_request(const config::PrometheusSource& source);

}  // namespace tenfold::live
