// Connections to replicas: where each replica serves, and its connections that wait for the next request.
#pragma once

#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/ids.hpp"
#include "core/time.hpp"
#include "http/client.hpp"
#include "http/endpoint.hpp"

namespace tenfold::live {

// One thread, the loop's.
class Upstreams final : private http::ClientHandler {
 public:
  Upstreams(http::Loop& loop, const http::Limits& limits) : loop_{loop}, limits_{limits} {}
  ~Upstreams();
  Upstreams(const Upstreams&) = delete;
  Upstreams& operator=(const Upstreams&) = delete;

  void add(core::ReplicaId replica, const http::Endpoint& endpoint);

  // The replica is gone: its idle connections are closed, those in use when they are given back.
  void remove(core::ReplicaId replica);

  // A connection to `replica`, idle or new, that calls `handler` from now on. A
  // replica that is not here any more gives one that is told to be closed.
  std::shared_ptr<http::ClientConnection> acquire(core::ReplicaId replica, http::ClientHandler& handler,
                                                  core::TimePoint now);

  // Takes a connection back, and keeps it if it can carry another request.
  void release(core::ReplicaId replica, std::shared_ptr<http::ClientConnection> connection, core::TimePoint now);

 private:
  struct Idle {
    std::shared_ptr<http::ClientConnection> connection;
    core::TimePoint since;
  };
  struct Replica {
    http::Endpoint endpoint;
    std::vector<Idle> idle;  // the last used is the last
  };

  // That an idle connection is closed shows when it is wanted.
  void on_head(http::ClientConnection&) override {}
  void on_body(http::ClientConnection&) override {}
  void on_writable(http::ClientConnection&) override {}
  void on_closed(http::ClientConnection&, std::string_view) override {}

  http::Loop& loop_;
  http::Limits limits_;
  std::unordered_map<core::ReplicaId, Replica> replicas_;
};

}  // namespace tenfold::live
