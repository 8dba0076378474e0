#include "live/board/json.hpp"

#include <iterator>

#include <fmt/format.h>

#include "core/words.hpp"
#include "http/problem.hpp"

namespace tenfold::live {

namespace {

template <class... Arguments>
void append(std::string& out, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Arguments>(arguments)...);
}

void append_percentiles(std::string& out, std::string_view name, const SpanPercentiles& spans) {
  append(out, R"("{}":{{"count":{},"p50_s":{:.6f},"p95_s":{:.6f},"p99_s":{:.6f}}})", name, spans.count,
         core::to_seconds(spans.p50), core::to_seconds(spans.p95), core::to_seconds(spans.p99));
}

}  // namespace

double queue_age_s(const core::ServiceView& view, core::TimePoint now) {
  return view.waiting > 0 ? core::to_seconds(now - view.oldest_waiting) : 0;
}

void append_now(std::string& out, const core::ServiceView& view, core::TimePoint now) {
  append(
      out,
      R"({{"waiting":{},"running":{},"withdrawn":{},"queue_age_s":{:.3f},"desired":{},"starting":{},"ready":{},"serving":{},"draining":{},"stopping":{},"warm":{},"slots":{},"ending":{}}})",
      view.waiting, view.running, view.withdrawn, queue_age_s(view, now), view.desired, view.starting, view.ready,
      view.serving, view.draining, view.stopping, view.warm, view.slots, view.shutting_down);
}

// Numbers are whole ones: a thousand replicas are told in a fraction of a millisecond.
void append_replica(std::string& out, core::ReplicaId id, const ReplicaStatus& replica, core::TimePoint now,
                    const WallTime& wall) {
  const auto milliseconds = [](double seconds) { return static_cast<std::int64_t>(seconds * 1000); };
  append(
      out,
      R"({{"replica":{},"revision":{},"pid":{},"state":"{}","ready":{},"cancels":{},"start":"{}","started_ms":{},"age_s":{}.{:03},"running":{},"answered":{},"cpu_cores":{}.{:03},"cpu_wait_s":{}.{:03},"rss_bytes":{}}})",
      core::to_number(id), core::to_number(replica.revision), replica.address.pid, replica.state(),
      replica.ready_at != core::TimePoint{}, replica.address.cancels, core::to_word(replica.address.way),
      milliseconds(wall.of(replica.started_at)), milliseconds(core::to_seconds(now - replica.started_at)) / 1000,
      milliseconds(core::to_seconds(now - replica.started_at)) % 1000, replica.running, replica.answered,
      milliseconds(cores_used(replica.usage)) / 1000, milliseconds(cores_used(replica.usage)) % 1000,
      milliseconds(core::to_seconds(replica.cpu_wait)) / 1000, milliseconds(core::to_seconds(replica.cpu_wait)) % 1000,
      core::to_number(replica.usage.memory));
}

void append_revision(std::string& out, const RevisionStatus& revision, const WallTime& wall) {
  append(out, R"({{"revision":{},"state":"{}","since_s":{:.3f},"last_failure":)", core::to_number(revision.id),
         revision.word(), wall.of(revision.since));
  const std::string said = revision.last_line.empty() ? "" : "; it said last: " + revision.last_line;
  if (revision.last_exit.empty()) {
    out += "null";
  } else {
    http::append_json_string(out, revision.last_exit + said);
  }
  out += '}';
}

void append_decision(std::string& out, const PastDecision& past, const WallTime& wall) {
  const core::RecordDecision& decision = past.decision;
  append(out, R"({{"number":{},"at_s":{:.3f},"desired":{},"starts":{},"drains":{},"sentence":)", past.number,
         wall.of(past.at), decision.desired, decision.starts, decision.drains);
  http::append_json_string(out, past.sentence);
  out += '}';
}

void append_failure(std::string& out, const PastFailure& failure, const WallTime& wall) {
  append(out, R"({{"number":{},"at_s":{:.3f},"request":{},"status":{},"reason":)", failure.number, wall.of(failure.at),
         core::to_number(failure.request), failure.status);
  if (failure.reason) {
    append(out, R"("{}")", core::to_word(*failure.reason));
  } else {
    out += "null";
  }
  append(out, R"(,"replica":{},"waited_s":{:.6f},"ran_s":{:.6f}}})", core::to_number(failure.replica),
         core::to_seconds(failure.waited), core::to_seconds(failure.ran));
}

void append_minute(std::string& out, const RecentMinute& minute) {
  out += '{';
  append_percentiles(out, "wait", minute.wait);
  out += ',';
  append_percentiles(out, "total", minute.total);
  out += '}';
}

}  // namespace tenfold::live
