#include "live/admin.hpp"

#include "http/problem.hpp"
#include "live/board/status.hpp"

namespace tenfold::live {

namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kOpenMetrics = "application/openmetrics-text";

}  // namespace

void Admin::on_request(http::ServerConnection& connection) {
  const std::string_view target = connection.head().target();
  const std::string_view path = target.substr(0, target.find('?'));
  if (connection.head().method() != "GET" && connection.head().method() != "HEAD") {
    const std::string body = http::to_json({.status = 405, .detail = "the admin API answers GET"});
    return connection.respond(405, http::kProblemType, body, "Allow: GET, HEAD\r\n");
  }
  if (path == "/healthz") return connection.respond(200, kJson, "{\"status\":\"ok\"}\n");
  if (path == "/readyz") {
    const core::ServiceView view = sources_.ingress.view();
    const bool is_ready = view.serving > 0 && !view.shutting_down;
    return connection.respond(is_ready ? 200 : 503, kJson,
                              is_ready ? "{\"status\":\"ready\"}\n" : "{\"status\":\"not ready\"}\n");
  }
  if (path == "/status") {
    const Ingress& ingress = sources_.ingress;
    return connection.respond(200, kJson, to_status(sources_.board, ingress.service(), ingress.time()));
  }
  if (path == "/metrics") return answer_metrics(connection);
  const std::string body =
      http::to_json({.status = 404, .detail = "the admin API has /healthz, /readyz, /status and /metrics"});
  connection.respond(404, http::kProblemType, body);
}

void Admin::answer_metrics(http::ServerConnection& connection) const {
  const auto accept = connection.head().find("Accept");
  const bool is_open = accept && accept->find(kOpenMetrics) != std::string_view::npos;
  const std::string body = to_metrics({.board = sources_.board,
                                       .service = sources_.ingress.service(),
                                       .now = sources_.ingress.time(),
                                       .app = sources_.app,
                                       .journal_lost = sources_.writer ? sources_.writer->lost() : 0,
                                       .process = sources_.process ? sources_.process() : std::nullopt},
                                      is_open ? MetricsFormat::kOpenMetrics : MetricsFormat::kPrometheus);
  connection.respond(200,
                     is_open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                             : "text/plain; version=0.0.4; charset=utf-8",
                     body);
}

}  // namespace tenfold::live
