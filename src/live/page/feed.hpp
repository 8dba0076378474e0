// The live page's stream of what happens.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>

#include "http/loop.hpp"
#include "http/server_connection.hpp"
#include "live/board/board.hpp"
#include "live/board/json.hpp"
#include "live/ingress.hpp"

namespace tenfold::live {

// Server-sent events (HTML Living Standard, 9.2): each subscriber gets a `snapshot` of all that the board knows, then,
// four times a second while anything changes, a `change`: what is new since the one before. Told twice a change does
// no harm.
//
// Of each subscriber there is at most one message under way: one that has not taken it gets no changes, and a fresh
// snapshot when it has; one that takes nothing for the server's flush timeout is dropped. While nobody listens nothing
// is done at all.
class Feed final : private http::ExchangeHandler {
 public:
  static constexpr std::size_t kMostSubscribers = 64;
  static constexpr std::chrono::milliseconds kEvery{250};

  // All is borrowed.
  Feed(http::Loop& loop, const Ingress& ingress, Board& board, std::string_view app);

  // Answers with the stream, for as long as the client is there; 503 where there are too many.
  void subscribe(http::ServerConnection& connection);
  // The message that a new subscriber gets.
  std::string snapshot();

 private:
  struct Subscriber {
    http::ServerConnection* connection;
    bool is_behind;  // it has missed a change
  };
  // What of a replica changes while it lives.
  struct Row {
    std::string_view state;
    std::uint32_t running = 0;
    std::uint64_t answered = 0;
    std::int64_t cpu_thousandths = 0;
    core::Bytes memory{};
    friend bool operator==(const Row&, const Row&) = default;
  };

  void on_body(http::ServerConnection&) override {}
  void on_writable(http::ServerConnection&) override {}  // the next tick finds it so
  void on_gone(http::ServerConnection& connection) override;

  void tick();
  void wait();
  std::string change();
  void append_state(std::string& out, core::TimePoint now, std::int64_t seconds_from);
  void append_changed_replicas(std::string& out, core::TimePoint now);
  static Row row_of(const ReplicaStatus& replica);

  http::Loop& loop_;
  const Ingress& ingress_;
  Board& board_;
  std::string_view app_;
  WallTime wall_;
  http::Timer timer_;
  std::list<Subscriber> subscribers_;
  // Until where changes have been told.
  std::string last_change_;
  std::map<core::ReplicaId, Row> told_replicas_;
  std::uint64_t told_decision_ = 0;
  std::uint64_t told_failure_ = 0;
  std::int64_t told_second_ = 0;
};

}  // namespace tenfold::live
