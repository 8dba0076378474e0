#include "live/board/status.hpp"

#include <iterator>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <fmt/format.h>

#include "core/words.hpp"

namespace tenfold::live {

namespace {

// The rules with the last that is known of each, as a JSON array.
std::string rules_json(const std::vector<RuleStatus>& rules, core::TimePoint now) {
  std::string out = "[";
  for (const RuleStatus& status : rules) {
    if (out.size() > 1) out += ',';
    fmt::format_to(
        std::back_inserter(out), R"({{"name":{},"kind":"{}","target":{},"value":{},"age_s":{},"failing":{}}})",
        boost::json::serialize(boost::json::string{status.rule.name}), to_word(status.rule.kind), status.rule.target,
        status.is_known ? fmt::format("{}", status.value) : "null",
        status.is_known ? fmt::format("{:.3f}", core::to_seconds(now - status.at)) : "null", status.is_failing);
  }
  return out + ']';
}

std::string replicas_json(const Board& board, core::TimePoint now) {
  std::string out = "[";
  for (const auto& [id, replica] : board.replicas()) {
    if (out.size() > 1) out += ',';
    const bool is_ready = replica.ready_at != core::TimePoint{};
    fmt::format_to(
        std::back_inserter(out),
        R"({{"replica":{},"pid":{},"ready":{},"cancels":{},"age_s":{:.3f},"answered":{},"cpu_cores":{:.3f},"rss_bytes":{}}})",
        core::to_number(id), replica.address.pid, is_ready, replica.address.cancels,
        core::to_seconds(now - replica.started_at), replica.answered, cores_used(replica.usage),
        core::to_number(replica.usage.memory));
  }
  return out + ']';
}

}  // namespace

std::string to_status(const Board& board, const core::Service& service, core::TimePoint now) {
  const core::ServiceView view = service.view();
  const core::Settings& settings = service.settings();
  return fmt::format(
      R"({{"waiting":{},"running":{},"withdrawn":{},"desired_replicas":{},"replicas":{{"starting":{},"ready":{},"serving":{},"draining":{},"stopping":{}}},)"
      R"("min_replicas":{},"max_replicas":{},"concurrency":{},"slots_per_replica":{},"policy":"{}","rules":{},)"
      R"("requests":{},"list":{}}})"
      "\n",
      view.waiting, view.running, view.withdrawn, view.desired, view.starting, view.ready, view.serving, view.draining,
      view.stopping, settings.scale.min_replicas, settings.scale.max_replicas, settings.replica.concurrency, view.slots,
      to_word(settings.scale.policy), rules_json(board.rules(), now), board.counters().requests,
      replicas_json(board, now));
}

}  // namespace tenfold::live
