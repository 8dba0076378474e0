// The admin API, for operators and their tools: health, readiness, status, and metrics for Prometheus.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "http/server_connection.hpp"
#include "journal/writer.hpp"
#include "live/board/metrics.hpp"
#include "live/ingress.hpp"

namespace tenfold::live {

// What the API tells of. All is borrowed.
struct AdminSources {
  const Ingress& ingress;
  const Board& board;
  const journal::Writer* writer = nullptr;  // null without a journal
  std::string app;
  // Null: metrics say nothing of the process.
  std::function<std::optional<ProcessUsage>()> process;
};

// GET /healthz   200 while the process runs
// GET /readyz    200 while a replica is ready and the service is not shutting down, else 503
// GET /status    the live state as JSON
// GET /metrics   Prometheus' text format, version 0.0.4, or OpenMetrics for who accepts that
class Admin final : public http::ServerHandler {
 public:
  explicit Admin(AdminSources sources) : sources_{std::move(sources)} {}

  void on_request(http::ServerConnection& connection) override;

 private:
  void answer_metrics(http::ServerConnection& connection) const;

  AdminSources sources_;
};

}  // namespace tenfold::live
