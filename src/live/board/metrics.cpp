#include "live/board/metrics.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "core/words.hpp"
#include "live/board/json.hpp"
#include "live/version.hpp"

namespace tenfold::live {

namespace {

// "queue_full": as names are written in metrics.
std::string metric_name(std::string_view word) {
  std::string name{word};
  std::ranges::replace(name, ' ', '_');
  return name;
}

double number(std::uint64_t count) { return static_cast<double>(count); }

void queue_metrics(Exposition& out, const MetricsSources& from) {
  const core::ServiceView view = from.service.view();
  out.gauge("tenfold_requests_waiting", "Requests in the queue.", view.waiting);
  out.gauge("tenfold_queue_age_seconds", "How long the oldest request of the queue has waited.",
            queue_age_s(view, from.now));
  out.gauge("tenfold_requests_running", "Slots that are taken.", view.running);
  out.gauge("tenfold_requests_withdrawn", "Of these, slots of requests that nobody waits for any more.",
            view.withdrawn);
}

void scale_metrics(Exposition& out, const MetricsSources& from) {
  const core::ServiceView view = from.service.view();
  const core::Settings& settings = from.service.settings();
  out.gauge("tenfold_replicas_serving", "Ready replicas that can serve: their probe passes, and a slot is not held so.",
            view.serving);
  out.gauge("tenfold_replicas_desired", "Replicas that there should be.", view.desired);
  out.gauge("tenfold_replicas_min", "Replicas that there are at least.", settings.scale.min_replicas);
  out.gauge("tenfold_replicas_max", "Replicas that there are at most.", settings.scale.max_replicas);
  out.begin_gauge("tenfold_replicas", "Replicas by state; those that are warm are in reserve, outside the count.");
  for (const auto& [state, count] :
       {std::pair{"starting", view.starting}, std::pair{"ready", view.ready}, std::pair{"draining", view.draining},
        std::pair{"stopping", view.stopping}, std::pair{"warm", view.warm}})
    out.sample("tenfold_replicas", {{"state", state}}, count);
  out.gauge("tenfold_slots_per_replica", "Requests that each replica may have at a time.", view.slots);
  out.begin_gauge("tenfold_scale_policy", "The policy that decides how many replicas there should be.");
  out.sample("tenfold_scale_policy", {{"policy", to_word(settings.scale.policy)}}, 1);
  out.counter("tenfold_scale_decisions_total", "Decisions after which replicas were started or sent away.",
              number(from.board.counters().decisions));
}

void rule_metrics(Exposition& out, const std::vector<RuleStatus>& rules) {
  out.begin_gauge("tenfold_rule_target", "What each replica is to carry by a scale rule.");
  for (const RuleStatus& status : rules)
    out.sample("tenfold_rule_target", {{"rule", status.rule.name}, {"kind", to_word(status.rule.kind)}},
               status.rule.target);
  out.begin_gauge("tenfold_rule_value", "The last value of a scale rule.");
  for (const RuleStatus& status : rules) {
    if (!status.is_known) continue;
    out.sample("tenfold_rule_value", {{"rule", status.rule.name}, {"kind", to_word(status.rule.kind)}}, status.value);
  }
}

void request_metrics(Exposition& out, const Board& board) {
  const Counters& counters = board.counters();
  out.counter("tenfold_requests_total", "Requests whose head was received.", number(counters.requests));
  out.begin_counter("tenfold_answers_total",
                    "Requests that ended, by the class of their status; none: nobody was there.");
  constexpr std::array<std::string_view, 6> kClasses{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < kClasses.size(); ++i)
    out.sample("tenfold_answers_total", {{"class", kClasses[i]}}, number(counters.answers_by_class[i]));
  out.counter("tenfold_application_errors_total", "Answers of 400 and more that replicas gave.",
              number(counters.application_errors));
  out.begin_counter("tenfold_rejects_total", "Requests that Tenfold answered itself, by reason.");
  for (const auto& [word, reason] : core::words_of<core::RejectReason, core::kRejectReasons>())
    out.sample("tenfold_rejects_total", {{"reason", metric_name(word)}},
               number(counters.rejects[static_cast<std::size_t>(reason)]));
  out.counter("tenfold_retries_total", "Requests that were dispatched a second time.", number(counters.retries));
  out.counter("tenfold_clients_left_total", "Clients that left before their answer.", number(counters.clients_left));
  out.counter("tenfold_bad_answers_total", "What replicas sent that is no answer.", number(counters.bad_answers));
  const Histograms& spans = board.histograms();
  out.histogram("tenfold_wait_seconds", "From a request's arrival until its first slot.", spans.wait);
  out.histogram("tenfold_service_seconds", "How long answered requests had their slot.", spans.service);
  out.histogram("tenfold_request_seconds", "From the arrival of answered requests until their answer's end.",
                spans.total);
}

void replica_metrics(Exposition& out, const Board& board) {
  const Counters& counters = board.counters();
  out.counter("tenfold_replicas_started_total", "Replicas that were started.", number(counters.starts));
  out.begin_counter("tenfold_replica_exits_total",
                    "How replicas ended: told to, by themselves with status 0, with another, by a signal, or never "
                    "begun.");
  const Counters::Exits& exits = counters.exits;
  for (const auto& [reason, count] :
       {std::pair{"told", exits.told}, std::pair{"finished", exits.finished}, std::pair{"failed", exits.failed},
        std::pair{"signaled", exits.signaled}, std::pair{"not_started", exits.not_started},
        std::pair{"out_of_memory", exits.out_of_memory}})
    out.sample("tenfold_replica_exits_total", {{"reason", reason}}, number(count));
  out.begin_histogram(
      "tenfold_cold_start_seconds",
      "From a replica's start until it was ready, by the way of starting: its program was run, or it was "
      "forked, of a zygote that was there or of one that it waited for.");
  for (const auto& [word, way] : core::words_of<core::StartWay, core::kStartWays>())
    out.sample("tenfold_cold_start_seconds", {{"way", metric_name(word)}},
               board.histograms().cold_start[static_cast<std::size_t>(way)]);
  const auto each = [&](std::string_view name, const auto& value) {
    for (const auto& [id, replica] : board.replicas())
      out.sample(name, {{"replica", fmt::format("{}", core::to_number(id))}}, value(replica));
  };
  out.begin_gauge("tenfold_replica_cpu_cores", "CPUs that a replica used in its last sample.");
  each("tenfold_replica_cpu_cores", [](const ReplicaStatus& replica) { return cores_used(replica.usage); });
  out.begin_counter("tenfold_replica_cpu_wait_seconds_total",
                    "How long the threads of a replica could have computed and had no CPU.");
  each("tenfold_replica_cpu_wait_seconds_total",
       [](const ReplicaStatus& replica) { return core::to_seconds(replica.cpu_wait); });
  out.begin_gauge("tenfold_replica_memory_bytes", "Memory that a replica had in its last sample.");
  each("tenfold_replica_memory_bytes",
       [](const ReplicaStatus& replica) { return number(core::to_number(replica.usage.memory)); });
  out.begin_counter("tenfold_replica_answers_total", "Requests that a replica has answered.");
  each("tenfold_replica_answers_total", [](const ReplicaStatus& replica) { return number(replica.answered); });
}

void span_metrics(Exposition& out, const SpanCounters& spans) {
  out.counter("tenfold_spans_sent_total", "Spans of traces that the collector took.", number(spans.sent));
  out.begin_counter("tenfold_spans_lost_total",
                    "Spans that it did not: there was no room to keep them, it refused them, or could not be reached.");
  for (const auto& [reason, count] : {std::pair{"no_room", spans.no_room}, std::pair{"refused", spans.refused},
                                      std::pair{"given_up", spans.given_up}})
    out.sample("tenfold_spans_lost_total", {{"reason", reason}}, number(count));
}

void process_metrics(Exposition& out, const ProcessUsage& process) {
  out.counter("process_cpu_seconds_total", "CPU time of Tenfold itself.", process.cpu_s);
  out.gauge("process_resident_memory_bytes", "Resident memory of Tenfold itself.", number(process.resident_bytes));
  out.gauge("process_virtual_memory_bytes", "Virtual memory of Tenfold itself.", number(process.virtual_bytes));
  out.gauge("process_threads", "Threads of Tenfold itself.", number(process.threads));
  out.gauge("process_open_fds", "Open descriptors of Tenfold itself.", number(process.open_descriptors));
  out.gauge("process_max_fds", "Descriptors that Tenfold may have open.", number(process.most_descriptors));
  out.gauge("process_start_time_seconds", "When Tenfold was started, since 1970.", process.started_unix_s);
}

}  // namespace

std::string to_metrics(const MetricsSources& sources, MetricsFormat format) {
  Exposition out{format, sources.app};
  out.begin_gauge("tenfold_build_info", "The version that runs.");
  out.sample("tenfold_build_info", {{"version", kVersion}}, 1);
  queue_metrics(out, sources);
  scale_metrics(out, sources);
  rule_metrics(out, sources.board.rules());
  request_metrics(out, sources.board);
  replica_metrics(out, sources.board);
  out.counter("tenfold_journal_lost_total", "Journal records that were dropped.", number(sources.journal_lost));
  span_metrics(out, sources.spans);
  if (sources.process) process_metrics(out, *sources.process);
  return out.finish();
}

}  // namespace tenfold::live
