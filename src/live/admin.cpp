#include "live/admin.hpp"

#include <array>
#include <iterator>

#include <fmt/format.h>

#include "http/problem.hpp"
#include "live/clock.hpp"

namespace tenfold::live {

namespace {

constexpr std::string_view kJson = "application/json";

double seconds(core::Duration span) { return std::chrono::duration<double>{span}.count(); }

constexpr std::array<std::string_view, core::kRejectReasons> kReasonLabels{
    "queue_full", "deadline_impossible", "deadline_passed", "shutting_down", "replica_lost", "poison"};

}  // namespace

void Admin::on_request(http::ServerConnection& connection) {
  const std::string_view target = connection.head().target();
  const std::string_view path = target.substr(0, target.find('?'));
  const core::ServiceView view = ingress_.view();
  if (connection.head().method() != "GET" && connection.head().method() != "HEAD") {
    const std::string body = http::to_json({.status = 405, .detail = "the admin API answers GET"});
    return connection.respond(405, http::kProblemType, body, "Allow: GET, HEAD\r\n");
  }
  if (path == "/healthz") return connection.respond(200, kJson, "{\"status\":\"ok\"}\n");
  if (path == "/readyz") {
    const bool is_ready = view.ready > 0 && !view.shutting_down;
    return connection.respond(is_ready ? 200 : 503, kJson,
                              is_ready ? "{\"status\":\"ready\"}\n" : "{\"status\":\"not ready\"}\n");
  }
  if (path == "/status") return connection.respond(200, kJson, status());
  if (path == "/metrics") return connection.respond(200, "text/plain; version=0.0.4", metrics());
  const std::string body =
      http::to_json({.status = 404, .detail = "the admin API has /healthz, /readyz, /status and /metrics"});
  connection.respond(404, http::kProblemType, body);
}

std::string Admin::status() const {
  const core::ServiceView view = ingress_.view();
  std::string out = fmt::format(
      R"({{"waiting":{},"running":{},"desired_replicas":{},"replicas":{{"starting":{},"ready":{},"draining":{},"stopping":{}}},)"
      R"("min_replicas":{},"max_replicas":{},"concurrency":{},"requests":{},"list":[)",
      view.waiting, view.running, view.desired, view.starting, view.ready, view.draining, view.stopping,
      ingress_.service().settings().scale.min_replicas, ingress_.service().settings().scale.max_replicas,
      ingress_.service().settings().replica.concurrency, ingress_.counters().requests);
  bool is_first = true;
  for (const auto& [id, info] : ingress_.replicas()) {
    const bool is_ready = info.ready_at != core::TimePoint{};
    const double cores =
        info.usage.wall > core::Duration::zero() ? seconds(info.usage.cpu) / seconds(info.usage.wall) : 0;
    fmt::format_to(
        std::back_inserter(out),
        R"({}{{"replica":{},"pid":{},"ready":{},"age_s":{:.3f},"answered":{},"cpu_cores":{:.3f},"rss_bytes":{}}})",
        is_first ? "" : ",", core::to_number(id), info.address.pid, is_ready, seconds(now() - info.started_at),
        info.answered, cores, core::to_number(info.usage.memory));
    is_first = false;
  }
  return out + "]}\n";
}

std::string Admin::metrics() const {
  const core::ServiceView view = ingress_.view();
  const IngressCounters& counters = ingress_.counters();
  std::string out;
  const auto metric = [&out](std::string_view type, std::string_view name, std::string_view help) {
    fmt::format_to(std::back_inserter(out), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
  };
  const auto gauge = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    metric("gauge", name, help);
    fmt::format_to(std::back_inserter(out), "{} {}\n", name, value);
  };
  const auto counter = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    metric("counter", name, help);
    fmt::format_to(std::back_inserter(out), "{} {}\n", name, value);
  };
  gauge("tenfold_requests_waiting", "Requests in the queue.", view.waiting);
  gauge("tenfold_requests_running", "Slots that are taken.", view.running);
  gauge("tenfold_replicas_desired", "Replicas that there should be.", view.desired);
  metric("gauge", "tenfold_replicas", "Replicas by state.");
  for (const auto& [state, count] : {std::pair{"starting", view.starting}, std::pair{"ready", view.ready},
                                     std::pair{"draining", view.draining}, std::pair{"stopping", view.stopping}}) {
    fmt::format_to(std::back_inserter(out), "tenfold_replicas{{state=\"{}\"}} {}\n", state, count);
  }
  counter("tenfold_requests_total", "Requests whose head was received.", counters.requests);
  metric("counter", "tenfold_answers_total",
         "Requests that ended, by the class of their status; none: nobody was there.");
  constexpr std::array<std::string_view, 6> kClasses{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    fmt::format_to(std::back_inserter(out), "tenfold_answers_total{{class=\"{}\"}} {}\n", kClasses[i],
                   counters.answers_by_class[i]);
  }
  metric("counter", "tenfold_rejects_total", "Requests that Tenfold answered itself, by reason.");
  for (std::size_t i = 0; i < kReasonLabels.size(); ++i) {
    fmt::format_to(std::back_inserter(out), "tenfold_rejects_total{{reason=\"{}\"}} {}\n", kReasonLabels[i],
                   counters.rejects[i]);
  }
  counter("tenfold_retries_total", "Requests that were dispatched a second time.", counters.retries);
  counter("tenfold_clients_left_total", "Clients that left before their answer.", counters.clients_left);
  counter("tenfold_replicas_started_total", "Replicas that were started.", counters.replicas_started);
  counter("tenfold_journal_lost_total", "Journal records that were dropped.", writer_ ? writer_->lost() : 0);
  return out;
}

}  // namespace tenfold::live
