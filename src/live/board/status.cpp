#include "live/board/status.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <ranges>

#include <fmt/format.h>

#include "core/words.hpp"
#include "http/problem.hpp"
#include "live/version.hpp"

namespace tenfold::live {

namespace {

void append_rule(std::string& out, const RuleStatus& status, core::TimePoint now) {
  out += R"({"name":)";
  http::append_json_string(out, status.rule.name);
  fmt::format_to(
      std::back_inserter(out), R"(,"kind":"{}","target":{},"value":{},"age_s":{},"failing":{}}})",
      to_word(status.rule.kind), status.rule.target, status.is_known ? fmt::format("{}", status.value) : "null",
      status.is_known ? fmt::format("{:.3f}", core::to_seconds(now - status.at)) : "null", status.is_failing);
}

// The last ones of `all`.
template <class T>
auto last_of(const std::deque<T>& all) {
  return std::ranges::subrange(all.end() - static_cast<std::ptrdiff_t>(std::min(all.size(), kToldInStatus)), all.end());
}

}  // namespace

std::string to_status(const Board& board, const core::Service& service, core::TimePoint now, std::string_view app,
                      const WallTime& wall) {
  const core::ServiceView view = service.view();
  const core::Settings& settings = service.settings();
  std::string out = R"({"app":)";
  http::append_json_string(out, app);
  fmt::format_to(
      std::back_inserter(out),
      R"(,"version":"{}","uptime_s":{:.3f},"waiting":{},"running":{},"withdrawn":{},"queue_age_s":{:.3f},"desired_replicas":{},"replicas":{{"starting":{},"ready":{},"serving":{},"draining":{},"stopping":{},"warm":{}}},)"
      R"("standbys":{},"revision":{},"min_replicas":{},"max_replicas":{},"concurrency":{},"slots_per_replica":{},"policy":"{}","rules":)",
      kVersion, board.began() == core::TimePoint{} ? 0 : core::to_seconds(now - board.began()), view.waiting,
      view.running, view.withdrawn, queue_age_s(view, now), view.desired, view.starting, view.ready, view.serving,
      view.draining, view.stopping, view.warm, view.standbys, core::to_number(view.revision),
      settings.scale.min_replicas, settings.scale.max_replicas, settings.replica.concurrency, view.slots,
      to_word(settings.scale.policy));
  append_array(out, board.rules(), [&](const RuleStatus& status) { append_rule(out, status, now); });
  fmt::format_to(std::back_inserter(out), R"(,"requests":{},"failures":{},"last_minute":)", board.counters().requests,
                 board.failures_told());
  append_minute(out, board.last_minute(now));
  out += R"(,"list":)";
  append_array(out, board.replicas(),
               [&](const auto& entry) { append_replica(out, entry.first, entry.second, now, wall); });
  out += R"(,"revisions":)";
  append_array(out, board.recent_revisions(),
               [&](const RevisionStatus& revision) { append_revision(out, revision, wall); });
  out += R"(,"recent_decisions":)";
  append_array(out, last_of(board.recent_decisions()),
               [&](const PastDecision& decision) { append_decision(out, decision, wall); });
  out += R"(,"recent_failures":)";
  append_array(out, last_of(board.recent_failures()),
               [&](const PastFailure& failure) { append_failure(out, failure, wall); });
  return out + "}\n";
}

}  // namespace tenfold::live
