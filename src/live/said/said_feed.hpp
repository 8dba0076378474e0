// What was said, over the admin API.
#pragma once

#include <cstddef>
#include <expected>
#include <list>
#include <string>
#include <string_view>

#include "http/loop.hpp"
#include "http/server_connection.hpp"
#include "live/said/said_lines.hpp"

namespace tenfold::live {

// What a reader of /logs asks for: last=N, replica=N, follow.
struct SaidQuery {
  static constexpr std::size_t kDefaultLast = 100;

  SaidBy by;
  std::size_t last = kDefaultLast;
  bool follows = false;

  // Of what stands behind the question mark. The error is a sentence about it.
  static std::expected<SaidQuery, std::string> parse(std::string_view query);
};

// Answers with lines as JSON:
//
//   {"dropped":0,"lines":[{"time":"2026-11-29T18:40:01.123Z","replica":3,"stream":"stdout","line":"hello"}]}
//
// or, to who follows, with a stream of server-sent events (HTML Living Standard, 9.2) whose data are such objects, with
// `missed` in the place of `dropped`: lines that were dropped before this reader took them. A message is under way to
// each at a time; who stalls has nothing kept for it, and is let go when it has taken nothing for the server's flush
// timeout.
class SaidFeed final : private http::ExchangeHandler {
 public:
  static constexpr std::size_t kMostFollowers = 16;

  // All is borrowed.
  SaidFeed(http::Loop& loop, SaidLines& lines);
  ~SaidFeed() { lines_.when_added({}); }
  SaidFeed(const SaidFeed&) = delete;
  SaidFeed& operator=(const SaidFeed&) = delete;

  void answer(http::ServerConnection& connection, const SaidQuery& query);
  // Sends what there is now: nothing comes after it.
  void finish();

 private:
  struct Reader {
    Reader(http::ServerConnection& to, SaidLines& lines, const SaidQuery& query)
        : connection{&to}, follower{lines, query.by, query.last} {}
    http::ServerConnection* connection;
    SaidLines::Follower follower;
  };

  void on_body(http::ServerConnection&) override {}
  void on_writable(http::ServerConnection& connection) override;
  void on_gone(http::ServerConnection& connection) override;

  void follow(http::ServerConnection& connection, const SaidQuery& query);
  void tell_soon();
  void tell_all();
  void tell(Reader& reader);
  void keep_alive_later();

  SaidLines& lines_;
  std::list<Reader> readers_;
  http::Timer tell_timer_;
  http::Timer alive_timer_;
};

}  // namespace tenfold::live
