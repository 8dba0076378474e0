#include "live/page/feed.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <ranges>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/words.hpp"
#include "http/problem.hpp"
#include "live/clock.hpp"
#include "live/version.hpp"

namespace tenfold::live {

namespace {

// Its end is that of the connection.
constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";

std::string message(std::string_view event, std::string_view data) {
  return fmt::format("event: {}\ndata: {}\n\n", event, data);
}

// Those of `all`, which are numbered in order, that come after `told`.
auto after(const auto& all, std::uint64_t told) {
  const auto is_told = [told](const auto& one) { return one.number <= told; };
  return std::ranges::subrange(std::ranges::partition_point(all, is_told), all.end());
}

void append_second(std::string& out, const Second& second, const WallTime& wall) {
  const core::TimePoint at{std::chrono::seconds{second.number}};
  fmt::format_to(std::back_inserter(out), "[{},{},{},{},{},{},{},{},{}]", static_cast<std::int64_t>(wall.of(at)),
                 second.waiting, second.running, second.desired, second.starting, second.ready, second.arrived,
                 second.answered, second.failed);
}

}  // namespace

Feed::Feed(http::Loop& loop, const Ingress& ingress, Board& board, std::string_view app)
    : loop_{loop},
      ingress_{ingress},
      board_{board},
      app_{app},
      // At a whole second of the core's clock, so that its seconds are whole ones of the wall clock.
      wall_{.at = std::chrono::floor<std::chrono::seconds>(now(loop)), .unix_s = static_cast<double>(loop.unix_time())},
      timer_{loop} {}

void Feed::subscribe(http::ServerConnection& connection) {
  if (subscribers_.size() == kMostSubscribers) {
    const std::string body =
        http::to_json({.status = 503, .detail = fmt::format("{} live pages are open already", kMostSubscribers)});
    return connection.respond(503, http::kProblemType, body);
  }
  connection.attach(*this);
  connection.keep_alive();
  connection.send({kHead, snapshot()});
  subscribers_.push_back({.connection = &connection, .is_behind = false});
  if (!timer_.is_set()) {
    change();  // what was told is what is now
    wait();
  }
}

void Feed::on_gone(http::ServerConnection& connection) {
  const auto is_it = [&connection](const Subscriber& subscriber) { return subscriber.connection == &connection; };
  std::erase_if(subscribers_, is_it);
  connection.finish();
}

void Feed::wait() {
  timer_.expires_after(kEvery, [this] { tick(); });
}

void Feed::tick() {
  if (subscribers_.empty()) return;
  wait();
  std::string news = change();
  const bool is_news = news != last_change_;
  std::string all;  // made for the first who needs it
  for (Subscriber& subscriber : subscribers_) {
    if (!subscriber.connection->writable()) {
      subscriber.is_behind = true;
    } else if (std::exchange(subscriber.is_behind, false)) {
      if (all.empty()) all = snapshot();
      subscriber.connection->send({all});
    } else if (is_news) {
      subscriber.connection->send({news});
    }
  }
  last_change_ = std::move(news);
}

std::string Feed::snapshot() {
  const core::TimePoint now = ingress_.time();
  const core::Settings& settings = ingress_.service().settings();
  std::string out = R"({"app":)";
  http::append_json_string(out, app_);
  fmt::format_to(std::back_inserter(out),
                 R"(,"version":"{}","began_s":{:.3f},"policy":"{}","min_replicas":{},"max_replicas":{},)", kVersion,
                 wall_.of(board_.began()), to_word(settings.scale.policy), settings.scale.min_replicas,
                 settings.scale.max_replicas);
  append_state(out, now, std::numeric_limits<std::int64_t>::min());
  out += R"(,"replicas":)";
  append_array(out, board_.replicas(),
               [&](const auto& entry) { append_replica(out, entry.first, entry.second, now, wall_); });
  out += R"(,"decisions":)";
  append_array(out, board_.recent_decisions(),
               [&](const PastDecision& decision) { append_decision(out, decision, wall_); });
  out += R"(,"failures":)";
  append_array(out, board_.recent_failures(), [&](const PastFailure& failure) { append_failure(out, failure, wall_); });
  return message("snapshot", out + '}');
}

std::string Feed::change() {
  const core::TimePoint now = ingress_.time();
  std::string out = "{";
  append_state(out, now, told_second_);
  append_changed_replicas(out, now);
  out += R"(,"decisions":)";
  append_array(out, after(board_.recent_decisions(), told_decision_),
               [&](const PastDecision& decision) { append_decision(out, decision, wall_); });
  out += R"(,"failures":)";
  append_array(out, after(board_.recent_failures(), told_failure_),
               [&](const PastFailure& failure) { append_failure(out, failure, wall_); });
  told_decision_ = board_.decisions_told();
  told_failure_ = board_.failures_told();
  told_second_ = second_of(now);
  return message("change", out + '}');
}

// What is told whole each time, and the seconds from that of `seconds_from` on: the last one was still under way when
// it was told.
void Feed::append_state(std::string& out, core::TimePoint now, std::int64_t seconds_from) {
  out += R"("now":)";
  append_now(out, ingress_.view(), now);
  fmt::format_to(std::back_inserter(out), R"(,"requests":{},"failed":{},"minute":)", board_.counters().requests,
                 board_.failures_told());
  append_minute(out, board_.last_minute(now));
  out += R"(,"seconds":)";
  const std::deque<Second>& all = board_.seconds(now);
  const auto is_told = [seconds_from](const Second& second) { return second.number < seconds_from; };
  append_array(out, std::ranges::subrange(std::ranges::partition_point(all, is_told), all.end()),
               [&](const Second& second) { append_second(out, second, wall_); });
}

void Feed::append_changed_replicas(std::string& out, core::TimePoint now) {
  std::vector<core::ReplicaId> changed;
  for (const auto& [id, replica] : board_.replicas()) {
    const Row row = row_of(replica);
    const auto [told, is_new] = told_replicas_.try_emplace(id, row);
    if (is_new || std::exchange(told->second, row) != row) changed.push_back(id);
  }
  std::vector<core::ReplicaId> gone;
  for (const auto& [id, row] : told_replicas_) {
    if (!board_.replica(id)) gone.push_back(id);
  }
  for (const core::ReplicaId id : gone) told_replicas_.erase(id);
  out += R"(,"replicas":)";
  append_array(out, changed, [&](core::ReplicaId id) { append_replica(out, id, *board_.replica(id), now, wall_); });
  out += R"(,"gone":)";
  append_array(out, gone, [&](core::ReplicaId id) { out += std::to_string(core::to_number(id)); });
}

Feed::Row Feed::row_of(const ReplicaStatus& replica) {
  return {.state = replica.state(),
          .running = replica.running,
          .answered = replica.answered,
          .cpu_thousandths = static_cast<std::int64_t>(cores_used(replica.usage) * 1000),
          .memory = replica.usage.memory};
}

}  // namespace tenfold::live
