// Whether and how a service is traced: by its own settings, and where they say nothing by the environment variables
// that OpenTelemetry's specification gives to all exporters (opentelemetry.io/docs/specs/otel/configuration/
// sdk-environment-variables, and .../protocol/exporter).
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/app_config.hpp"
#include "live/metrics/request.hpp"
#include "live/traces/otlp.hpp"
#include "live/traces/sampler.hpp"

namespace tenfold::live {

struct TraceOptions {
  std::string url;
  HttpPlace place;
  std::string headers;  // whole lines with CRLF, for each request to the collector
  Sampler sampler;
  ResourceAttributes resource;
};

struct TraceChoice {
  // Nothing: the service is not traced.
  std::optional<TraceOptions> options;
  // What of the environment cannot be followed. The replicas share it, so it is no error.
  std::vector<std::string> warnings;
};

// The value of a variable, nothing where it is not set.
using Variables = std::function<std::optional<std::string>(const std::string& name)>;

// The error is about what the service's own settings say.
std::expected<TraceChoice, std::string> choose_traces(const config::AppConfig& config, const Variables& variables);

}  // namespace tenfold::live
