#include "live/said/said_feed.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "http/problem.hpp"
#include "live/board/json.hpp"
#include "live/log.hpp"

namespace tenfold::live {

namespace {

// What is said within such a time is one message.
constexpr std::chrono::milliseconds kTogether{50};
// A silent service says so now and then, or who stands between would take the stream for dead.
constexpr std::chrono::seconds kAlive{15};
constexpr std::string_view kAliveComment = ":\n\n";
// About so much is one message; a reader takes the next one when it has that.
constexpr std::size_t kMessageBytes = std::size_t{64} << 10;

// Its end is that of the connection.
constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";

std::string_view to_word(Console::Stream stream) { return stream == Console::Stream::kOut ? "stdout" : "stderr"; }

void append_line(std::string& out, const SaidLine& line) {
  const std::string replica = line.replica ? std::to_string(core::to_number(*line.replica)) : "null";
  fmt::format_to(std::back_inserter(out), R"({{"time":"{}","replica":{},"stream":"{}","line":{}}})",
                 to_iso8601(line.at), replica, to_word(line.stream), to_json_string(line.text));
}

std::string document(std::string_view lost_name, std::uint64_t lost, std::span<const SaidLine* const> lines) {
  std::string out = fmt::format(R"({{"{}":{},"lines":)", lost_name, lost);
  append_array(out, lines, [&out](const SaidLine* line) { append_line(out, *line); });
  return out + '}';
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

}  // namespace

std::expected<SaidQuery, std::string> SaidQuery::parse(std::string_view query) {
  SaidQuery asked;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    const std::string_view name = part.substr(0, part.find('='));
    const auto value = number(part.substr(std::min(part.size(), name.size() + 1)));
    if (name == "follow") {
      asked.follows = true;
    } else if (name == "last" && value && *value <= SaidLines::kMostLines) {
      asked.last = *value;
    } else if (name == "replica" && value && *value > 0) {
      asked.by.replica = core::ReplicaId{*value};
    } else {
      return std::unexpected(fmt::format("/logs takes last=N up to {}, replica=N from 1 on, and follow; not '{}'",
                                         SaidLines::kMostLines, part));
    }
  }
  return asked;
}

SaidFeed::SaidFeed(http::Loop& loop, SaidLines& lines) : lines_{lines}, tell_timer_{loop}, alive_timer_{loop} {
  lines_.when_added([this] { tell_soon(); });
}

void SaidFeed::answer(http::ServerConnection& connection, const SaidQuery& query) {
  if (connection.head().method() == "HEAD")
    return connection.respond(200, query.follows ? "text/event-stream" : "application/json", "");
  if (query.follows) return follow(connection, query);
  connection.respond(200, "application/json", document("dropped", lines_.dropped(), lines_.last(query.by, query.last)));
}

void SaidFeed::follow(http::ServerConnection& connection, const SaidQuery& query) {
  if (readers_.size() == kMostFollowers) {
    const std::string body =
        http::to_json({.status = 503, .detail = fmt::format("{} follow the logs already", kMostFollowers)});
    return connection.respond(503, http::kProblemType, body);
  }
  connection.attach(*this);
  connection.keep_alive();
  connection.send({kHead});
  readers_.emplace_back(connection, lines_, query);
  tell(readers_.back());
  if (!alive_timer_.is_set()) keep_alive_later();
}

void SaidFeed::on_writable(http::ServerConnection& connection) {
  const auto found = std::ranges::find(readers_, &connection, &Reader::connection);
  if (found != readers_.end()) tell(*found);
}

void SaidFeed::on_gone(http::ServerConnection& connection) {
  std::erase_if(readers_, [&](const Reader& reader) { return reader.connection == &connection; });
  connection.finish();
}

void SaidFeed::tell_soon() {
  if (!readers_.empty() && !tell_timer_.is_set()) tell_timer_.expires_after(kTogether, [this] { tell_all(); });
}

void SaidFeed::tell_all() {
  for (Reader& reader : readers_) tell(reader);
}

// One message; more follows when it has gone, or with the next turn.
void SaidFeed::tell(Reader& reader) {
  if (!reader.connection->writable() || !reader.follower.is_behind()) return;
  const SaidLines::Follower::Taken taken = reader.follower.take(kMessageBytes);
  if (taken.missed > 0 || !taken.lines.empty())
    reader.connection->send({"data: ", document("missed", taken.missed, taken.lines), "\n\n"});
  // What waits already need not wait for more.
  if (reader.connection->writable() && reader.follower.is_behind())
    tell_timer_.expires_after({}, [this] { tell_all(); });
}

void SaidFeed::finish() {
  for (Reader& reader : readers_) {
    while (reader.connection->writable() && reader.follower.is_behind()) tell(reader);
  }
}

void SaidFeed::keep_alive_later() {
  alive_timer_.expires_after(kAlive, [this] {
    if (readers_.empty()) return;
    for (Reader& reader : readers_) {
      if (reader.connection->writable()) reader.connection->send({kAliveComment});
    }
    keep_alive_later();
  });
}

}  // namespace tenfold::live
