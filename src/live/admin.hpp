// The admin API, for operators and their tools: health, readiness, status, and metrics for Prometheus.
#pragma once

#include <string>

#include "http/server_connection.hpp"
#include "journal/writer.hpp"
#include "live/ingress.hpp"

namespace tenfold::live {

// GET /healthz   200 while the process runs
// GET /readyz    200 while a replica is ready and the service is not shutting down, else 503
// GET /status    the live state as JSON
// GET /metrics   Prometheus' text format, version 0.0.4
class Admin final : public http::ServerHandler {
 public:
  // Both must outlive it; `writer` may be null.
  Admin(const Ingress& ingress, const journal::Writer* writer) : ingress_{ingress}, writer_{writer} {}

  void on_request(http::ServerConnection& connection) override;

 private:
  std::string status() const;
  std::string metrics() const;
  void append_rules(std::string& out) const;

  const Ingress& ingress_;
  const journal::Writer* writer_;
};

}  // namespace tenfold::live
