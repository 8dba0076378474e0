// Connections to replicas: where each replica serves, and its connections that wait for the next request.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/events.hpp"
#include "core/ids.hpp"
#include "http/client.hpp"
#include "http/endpoint.hpp"

namespace tenfold::live {

// A server may close a connection that waits, just when a request is on its way: after its keep-alive, which it
// measures by a clock of its own and maybe late, or after an error, often without a word. So a request goes on a
// connection that has waited only where that can be told from a replica that was lost with it: on a unix socket, which
// resets when something was left unread, and if the request is so small that no server reads it in parts. For all
// others a new connection is made, which costs less than any solve.
//
// A replica has no more connections than requests: a server with one thread may wait on one that is idle and serve no
// other.
//
// One thread, the loop's.
class Upstreams final : private http::ClientHandler {
 public:
  struct Acquired {
    std::shared_ptr<http::ClientConnection> connection;
    // It has carried requests before.
    bool is_kept = false;
  };

  Upstreams(http::Loop& loop, const http::Limits& limits) : loop_{loop}, limits_{limits} {}
  ~Upstreams();
  Upstreams(const Upstreams&) = delete;
  Upstreams& operator=(const Upstreams&) = delete;

  void add(core::ReplicaId replica, const http::Endpoint& endpoint);

  // The replica is gone: its idle connections are closed, those in use when they are given back.
  void remove(core::ReplicaId replica);

  // A connection to `replica` for a request of `bytes`, kept or new, that calls `handler` from now on. A replica that
  // is not here any more gives one that is told to be closed.
  Acquired acquire(core::ReplicaId replica, http::ClientHandler& handler, std::uint64_t bytes);

  // Takes back a connection whose request ended with `outcome`, and keeps it if it can carry another.
  void release(core::ReplicaId replica, std::shared_ptr<http::ClientConnection> connection, core::Outcome outcome);

  // Requests up to this size go on connections that have waited. Servers read at least so much at a time (Go 4 KiB,
  // Python's and gunicorn 8, node and asyncio 64): of such a request, unread in part means not understood at all.
  static constexpr std::uint64_t kOneRead = std::uint64_t{4} << 10;

 private:
  using Idle = std::vector<std::shared_ptr<http::ClientConnection>>;
  struct Replica {
    http::Endpoint endpoint;
    Idle idle;  // the last used is the last
  };

  static void close_all(Idle& idle);
  void forget(http::ClientConnection& connection);

  // An idle connection that says anything, or is closed, is one no longer.
  void on_head(http::ClientConnection&) override {}
  void on_body(http::ClientConnection&) override {}
  void on_writable(http::ClientConnection&) override {}
  void on_closed(http::ClientConnection& connection, std::string_view) override { forget(connection); }

  http::Loop& loop_;
  http::Limits limits_;
  std::unordered_map<core::ReplicaId, Replica> replicas_;
};

}  // namespace tenfold::live
