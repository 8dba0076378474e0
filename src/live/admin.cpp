#include "live/admin.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "http/problem.hpp"
#include "live/board/status.hpp"
#include "live/log.hpp"
#include "live/page/assets.hpp"
#include "live/version.hpp"

namespace tenfold::live {

namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kWhatIf = "/what-if";
constexpr std::string_view kDeploy = "/deploy";
constexpr std::string_view kUpgrade = "/upgrade";

// What stands after the question mark.
std::string_view query_of(const http::Head& head) {
  const std::size_t mark = head.path().find('?');
  return mark == std::string_view::npos ? "" : head.path().substr(mark + 1);
}

void refuse(http::ServerConnection& connection, const http::Problem& problem, std::string_view fields = {}) {
  connection.respond(problem.status, http::kProblemType, http::to_json(problem), fields);
}

}  // namespace

Admin::Admin(http::Loop& loop, AdminSources sources)
    : loop_{loop},
      sources_{std::move(sources)},
      feed_{loop, sources_.ingress, sources_.board, sources_.app},
      said_feed_{loop, sources_.lines} {}

void Admin::on_request(http::ServerConnection& connection) {
  const http::Head& head = connection.head();
  if (!sources_.access.is_ours(head)) {
    return refuse(
        connection,
        {.status = 421,
         .detail = "the admin API is asked by localhost, by an address, or by a name that --admin-host gives; "
                   "the Host of this request is another"});
  }
  const std::string_view path = head.path().substr(0, head.path().find('?'));
  const bool is_post = head.method() == "POST";
  const bool takes_post = path == kWhatIf || path == kDeploy || path == kUpgrade;
  const bool takes_get = !takes_post || path == kUpgrade;
  const bool is_get = head.method() == "GET" || head.method() == "HEAD";
  if (!(is_post && takes_post) && !(is_get && takes_get)) {
    return refuse(connection,
                  {.status = 405, .detail = "the admin API answers GET, and at /what-if, /deploy and /upgrade POST"},
                  !takes_get   ? "Allow: POST\r\n"
                  : takes_post ? "Allow: GET, HEAD, POST\r\n"
                               : "Allow: GET, HEAD\r\n");
  }
  if (path == "/healthz") return connection.respond(200, kJson, "{\"status\":\"ok\"}\n");
  if (path == "/readyz") return answer_readiness(connection);
  if (const Asset* asset = find_asset(path)) return answer_asset(connection, *asset);
  if (!sources_.access.is_allowed(head)) {
    return refuse(
        connection,
        {.status = 401, .detail = "the admin API wants the token of --admin-token-file: Authorization: Bearer"},
        "WWW-Authenticate: Bearer\r\n");
  }
  if (path == "/events") return answer_events(connection);
  if (path == "/logs") return answer_logs(connection);
  if (is_post && !AdminAccess::is_from_here(head))
    return refuse(connection, {.status = 403, .detail = "pages of others may not ask this"});
  if (path == kWhatIf) return answer_what_if(connection);
  if (path == kDeploy) return answer_deploy(connection);
  if (path == kUpgrade) return answer_upgrade(connection);
  if (path == "/status") return answer_status(connection);
  if (path == "/metrics") return answer_metrics(connection);
  refuse(connection, {.status = 404,
                      .detail = "the admin API has /, /events, /logs, /what-if, /deploy, /upgrade, /healthz, /readyz, "
                                "/status and /metrics"});
}

void Admin::answer_readiness(http::ServerConnection& connection) const {
  const core::ServiceView view = sources_.ingress.view();
  const bool is_ending = view.shutting_down || (sources_.is_ending && sources_.is_ending());
  const bool is_ready = view.serving > 0 && !is_ending;
  connection.respond(is_ready ? 200 : 503, kJson,
                     is_ready ? "{\"status\":\"ready\"}\n" : "{\"status\":\"not ready\"}\n");
}

void Admin::answer_events(http::ServerConnection& connection) {
  if (connection.head().method() == "HEAD") return connection.respond(200, "text/event-stream", "");
  feed_.subscribe(connection);
}

void Admin::answer_logs(http::ServerConnection& connection) {
  const auto query = SaidQuery::parse(query_of(connection.head()));
  if (!query) return refuse(connection, {.status = 400, .detail = query.error()});
  said_feed_.answer(connection, *query);
}

void Admin::answer_what_if(http::ServerConnection& connection) {
  if (sources_.what_if == nullptr) {
    return refuse(connection,
                  {.status = 409,
                   .detail = "this service keeps no journal (--journal none), and nothing else tells what there was"});
  }
  sources_.what_if->answer(connection);
}

void Admin::answer_deploy(http::ServerConnection& connection) {
  const auto file = deployed_file(query_of(connection.head()));
  if (!file) return refuse(connection, {.status = 400, .detail = file.error()});
  if (!sources_.deploy)
    return refuse(connection, {.status = 409, .detail = "this service has no configuration to read"});
  const auto deployed = sources_.deploy(*file);
  if (!deployed) return refuse(connection, {.status = 422, .detail = deployed.error()});
  connection.respond(200, kJson, to_json(*deployed));
}

void Admin::answer_upgrade(http::ServerConnection& connection) {
  if (sources_.upgrade == nullptr)
    return refuse(connection, {.status = 404, .detail = "this service cannot be upgraded"});
  if (connection.head().method() == "POST") {
    if (const auto error = sources_.begin_upgrade()) return refuse(connection, {.status = 409, .detail = *error});
  }
  connection.respond(200, kJson,
                     fmt::format("{{\"pid\":{},\"version\":{},\"upgrading\":{},\"failed\":{}}}\n", ::getpid(),
                                 to_json_string(kVersion), sources_.upgrade->is_under_way(),
                                 to_json_string(sources_.upgrade->why_failed())));
}

void Admin::answer_status(http::ServerConnection& connection) const {
  const core::TimePoint now = sources_.ingress.time();
  const WallTime wall{.at = now, .unix_s = static_cast<double>(loop_.unix_time())};
  connection.respond(200, kJson, to_status(sources_.board, sources_.ingress.service(), now, sources_.app, wall));
}

void Admin::answer_metrics(http::ServerConnection& connection) const {
  const MetricsFormat format = metrics_format_for(connection.head().find("Accept").value_or(""));
  const std::string body = to_metrics({.board = sources_.board,
                                       .service = sources_.ingress.service(),
                                       .now = sources_.ingress.time(),
                                       .app = sources_.app,
                                       .journal_lost = sources_.writer ? sources_.writer->lost() : 0,
                                       .spans = sources_.spans ? *sources_.spans : SpanCounters{},
                                       .process = sources_.process ? sources_.process() : std::nullopt},
                                      format);
  connection.respond(200, content_type_of(format), body);
}

}  // namespace tenfold::live
