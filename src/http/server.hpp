// An HTTP/1.1 server: listens, accepts, and hands each lawful request to its handler.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "http/connection.hpp"
#include "http/endpoint.hpp"
#include "http/limits.hpp"
#include "http/loop.hpp"
#include "http/memory_budget.hpp"
#include "http/server_connection.hpp"
#include "http/timeouts.hpp"
#include "http/transport.hpp"

namespace tenfold::http {

// Lives on one loop's thread. Knows nothing of who answers: an ingress, an SDK's program and a test are alike.
//
//   Server server{loop, handler, {}};
//   auto endpoint = server.listen(Endpoint::tcp("127.0.0.1", 8080));
//   if (!endpoint) fail(endpoint.error());
//   loop.run();
class Server {
 public:
  // `budget`, if any, bounds what all connections read ahead of their handlers, and must outlive the server.
  Server(Loop& loop, ServerHandler& handler, const Limits& limits, MemoryBudget* budget = nullptr);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens on `endpoint` and accepts from now on; returns where, with the real port for port 0. The error says what
  // was wrong and what to do.
  std::expected<Endpoint, std::string> listen(const Endpoint& endpoint);
  // Accepts from `acceptor`, which listens already: a socket handed over by a parent (systemd's LISTEN_FDS), say.
  std::expected<Endpoint, std::string> adopt(std::unique_ptr<Acceptor> acceptor);

  // Accepts no more, closes what is idle, and ends each connection with the answer that is under way.
  //
  // With a `farewell` nobody is cut who may just have begun to speak: who waits in the listen queue is accepted first,
  // and a connection without a request is closed only when none has come for so long.
  void drain(std::chrono::milliseconds farewell = {});
  // Called once, when a client comes and all connections that there may be are there.
  void on_full(std::function<void()> told) { on_full_ = std::move(told); }
  std::size_t connection_count() const { return connections_.size(); }

 private:
  friend class ServerConnection;
  struct Timeouts {
    TimeoutList head;
    TimeoutList body;
    TimeoutList idle;
    TimeoutList flush;
    TimeoutList linger;
    TimeoutList presence;
    TimeoutList none;  // where those stand that wait for nobody: moving is cheaper than leaving
  };

  struct Listener final : ReadinessHandler {
    Listener(Server& owner, std::unique_ptr<Acceptor> from) : server{owner}, acceptor{std::move(from)} {}
    void on_ready(Readiness) override { server.accept_clients(*this); }

    Server& server;
    std::unique_ptr<Acceptor> acceptor;
    Timer again{server.loop_};  // more clients may wait than one turn takes
    bool is_paused = false;     // nothing can be accepted now; the next tick looks again
  };

  void accept_clients(Listener& listener);
  // False when nothing more is to be accepted now.
  bool accept(Listener& listener);
  void pause(Listener& listener);
  // Takes who waits in the listen queues.
  void accept_waiting();
  // Where a connection stands that has no request.
  TimeoutList& resting() { return farewell_ ? *farewell_ : timeouts_.idle; }
  // Whether a connection without a request is closed at once.
  bool is_closing() const { return is_draining_ && !farewell_; }
  // Makes room for a client. False when no connection is idle.
  bool close_idlest();
  void start_ticking();
  void tick();
  // The time of the last tick: exact enough for timeouts, and free.
  std::chrono::steady_clock::time_point now() const { return now_; }

  Loop& loop_;
  ServerHandler& handler_;
  Limits limits_;
  MemoryBudget* budget_;
  std::function<void()> on_full_;
  Timeouts timeouts_;
  std::optional<TimeoutList> farewell_;
  std::list<Listener> listeners_;
  std::list<std::shared_ptr<ServerConnection>> connections_;
  Timer ticker_;
  std::chrono::milliseconds tick_;
  std::chrono::steady_clock::time_point now_;
  bool is_ticking_ = false;
  bool is_draining_ = false;
  bool has_paused_ = false;  // some listener
  std::string scratch_;      // for heads of ours
};

}  // namespace tenfold::http
