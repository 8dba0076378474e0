#include "live/admin.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <fmt/format.h>

#include "core/words.hpp"
#include "http/problem.hpp"
#include "live/clock.hpp"

namespace tenfold::live {

namespace {

constexpr std::string_view kJson = "application/json";

double seconds(core::Duration span) { return std::chrono::duration<double>{span}.count(); }

// "queue_full": as names are written in metrics.
std::string metric_name(std::string_view word) {
  std::string name{word};
  std::ranges::replace(name, ' ', '_');
  return name;
}

// The rules with the last that is known of each, as a JSON array.
std::string rules_json(const std::vector<RuleStatus>& rules, core::TimePoint now) {
  std::string out = "[";
  for (const RuleStatus& status : rules) {
    if (out.size() > 1) out += ',';
    fmt::format_to(std::back_inserter(out),
                   R"({{"name":{},"kind":"{}","target":{},"value":{},"age_s":{},"failing":{}}})",
                   boost::json::serialize(boost::json::string{status.rule.name}), to_word(status.rule.kind),
                   status.rule.target, status.is_known ? fmt::format("{}", status.value) : "null",
                   status.is_known ? fmt::format("{:.3f}", seconds(now - status.at)) : "null", status.is_failing);
  }
  return out + ']';
}

// As the value of a label stands between its quotes.
std::string label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string{"\\n"} : std::string{c};
  }
  return out;
}

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
    const bool is_ready = view.serving > 0 && !view.shutting_down;
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
  const core::Settings& settings = ingress_.service().settings();
  std::string out = fmt::format(
      R"({{"waiting":{},"running":{},"withdrawn":{},"desired_replicas":{},"replicas":{{"starting":{},"ready":{},"serving":{},"draining":{},"stopping":{}}},)"
      R"("min_replicas":{},"max_replicas":{},"concurrency":{},"slots_per_replica":{},"policy":"{}","rules":{},)"
      R"("requests":{},"list":[)",
      view.waiting, view.running, view.withdrawn, view.desired, view.starting, view.ready, view.serving, view.draining,
      view.stopping, settings.scale.min_replicas, settings.scale.max_replicas, settings.replica.concurrency, view.slots,
      to_word(settings.scale.policy), rules_json(ingress_.rules(), ingress_.time()), ingress_.counters().requests);
  bool is_first = true;
  for (const auto& [id, info] : ingress_.replicas()) {
    const bool is_ready = info.ready_at != core::TimePoint{};
    const double cores =
        info.usage.wall > core::Duration::zero() ? seconds(info.usage.cpu) / seconds(info.usage.wall) : 0;
    fmt::format_to(
        std::back_inserter(out),
        R"({}{{"replica":{},"pid":{},"ready":{},"cancels":{},"age_s":{:.3f},"answered":{},"cpu_cores":{:.3f},"rss_bytes":{}}})",
        is_first ? "" : ",", core::to_number(id), info.address.pid, is_ready, info.address.cancels,
        seconds(ingress_.time() - info.started_at), info.answered, cores, core::to_number(info.usage.memory));
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
  gauge("tenfold_requests_withdrawn", "Of these, slots of requests that nobody waits for any more.", view.withdrawn);
  gauge("tenfold_replicas_serving", "Ready replicas that can serve: their probe passes, and a slot is not held so.",
        view.serving);
  gauge("tenfold_replicas_desired", "Replicas that there should be.", view.desired);
  metric("gauge", "tenfold_replicas", "Replicas by state.");
  for (const auto& [state, count] : {std::pair{"starting", view.starting}, std::pair{"ready", view.ready},
                                     std::pair{"draining", view.draining}, std::pair{"stopping", view.stopping}}) {
    fmt::format_to(std::back_inserter(out), "tenfold_replicas{{state=\"{}\"}} {}\n", state, count);
  }
  gauge("tenfold_slots_per_replica", "Requests that each replica may have at a time.", view.slots);
  metric("gauge", "tenfold_scale_policy", "The policy that decides how many replicas there should be.");
  fmt::format_to(std::back_inserter(out), "tenfold_scale_policy{{policy=\"{}\"}} 1\n",
                 to_word(ingress_.service().settings().scale.policy));
  append_rules(out);
  counter("tenfold_requests_total", "Requests whose head was received.", counters.requests);
  metric("counter", "tenfold_answers_total",
         "Requests that ended, by the class of their status; none: nobody was there.");
  constexpr std::array<std::string_view, 6> kClasses{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    fmt::format_to(std::back_inserter(out), "tenfold_answers_total{{class=\"{}\"}} {}\n", kClasses[i],
                   counters.answers_by_class[i]);
  }
  metric("counter", "tenfold_rejects_total", "Requests that Tenfold answered itself, by reason.");
  for (const auto& [word, reason] : core::words_of<core::RejectReason, core::kRejectReasons>()) {
    fmt::format_to(std::back_inserter(out), "tenfold_rejects_total{{reason=\"{}\"}} {}\n", metric_name(word),
                   counters.rejects[static_cast<std::size_t>(reason)]);
  }
  counter("tenfold_retries_total", "Requests that were dispatched a second time.", counters.retries);
  counter("tenfold_clients_left_total", "Clients that left before their answer.", counters.clients_left);
  counter("tenfold_replicas_started_total", "Replicas that were started.", counters.replicas_started);
  counter("tenfold_journal_lost_total", "Journal records that were dropped.", writer_ ? writer_->lost() : 0);
  return out;
}

void Admin::append_rules(std::string& out) const {
  out +=
      "# HELP tenfold_rule_target What each replica is to carry by a scale rule.\n# TYPE tenfold_rule_target gauge\n";
  for (const RuleStatus& status : ingress_.rules()) {
    fmt::format_to(std::back_inserter(out), "tenfold_rule_target{{rule=\"{}\",kind=\"{}\"}} {}\n",
                   label(status.rule.name), to_word(status.rule.kind), status.rule.target);
  }
  out += "# HELP tenfold_rule_value The last value of a scale rule.\n# TYPE tenfold_rule_value gauge\n";
  for (const RuleStatus& status : ingress_.rules()) {
    if (!status.is_known) continue;
    fmt::format_to(std::back_inserter(out), "tenfold_rule_value{{rule=\"{}\",kind=\"{}\"}} {}\n",
                   label(status.rule.name), to_word(status.rule.kind), status.value);
  }
}

}  // namespace tenfold::live
