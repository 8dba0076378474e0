// One request on its way: from its client's connection to a replica's and back.
//
// Late-bound: while the request waits, an exchange has a client and no replica. Its two sides end independently: a
// client that leaves does not free the slot, and a replica that dies does not end the client's request.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/events.hpp"
#include "core/time.hpp"
#include "http/client.hpp"
#include "http/problem.hpp"
#include "http/server_connection.hpp"

namespace tenfold::live {

class Exchange;

// What an exchange tells its ingress. The exchange may be given away from within.
class ExchangeListener {
 public:
  // As much of the request is here as is read before it runs: it may be told to the core.
  virtual void request_received(Exchange& exchange) = 0;
  // The client left, or broke a rule, before its answer was complete. `has_client` is false from now on.
  virtual void client_left(Exchange& exchange) = 0;
  // The replica is done with the request, one way or another: its slot is free.
  virtual void replica_done(Exchange& exchange, core::Outcome outcome) = 0;

 protected:
  ~ExchangeListener() = default;
};

// Bytes that exchanges keep for a second try, all together. One thread.
class ReplayBudget {
 public:
  explicit ReplayBudget(std::uint64_t bytes) : left_{bytes} {}
  bool take(std::uint64_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }
  void give_back(std::uint64_t bytes) { left_ += bytes; }

 private:
  std::uint64_t left_;
};

// What is measured of a request.
struct ExchangeFacts {
  core::TimePoint arrived{};
  core::TimePoint dispatched{};
  core::TimePoint answer_began{};
  core::TimePoint replica_done{};
  // How much of its wait went to the start of the replica that took it.
  core::Duration cold_start{};
  core::ReplicaId replica{};
  int status = 0;  // sent to the client; 0 while none was
  std::uint64_t request_bytes = 0;
  std::uint64_t answer_bytes = 0;
  std::uint8_t attempts = 0;
};

// Lives on the loop's thread. Reused: `open` begins a new life.
class Exchange final : private http::ExchangeHandler, private http::ClientHandler {
 public:
  Exchange(http::Loop& loop, ExchangeListener& listener, ReplayBudget& budget)
      : loop_{loop}, listener_{listener}, budget_{budget} {}

  // A request's head has come on `client`. request_received follows, maybe from within.
  void open(core::RequestId id, http::ServerConnection& client);

  core::RequestId id() const { return id_; }
  const ExchangeFacts& facts() const { return facts_; }
  bool has_client() const { return client_ != nullptr; }
  bool has_replica() const { return upstream_ != nullptr; }
  // The core knows of it.
  bool is_received() const { return is_received_; }
  http::ClientHandler& upstream_handler() { return *this; }
  http::ServerConnection& client() { return *client_; }
  const http::ServerConnection& client() const { return *client_; }

  // Sends the request to `replica` over `upstream`. replica_done follows, never from within.
  void dispatch(core::ReplicaId replica, std::shared_ptr<http::ClientConnection> upstream, core::Duration cold_start,
                core::TimePoint now);

  // The connection to the replica, after replica_done.
  std::shared_ptr<http::ClientConnection> release_upstream();

  // Answers the client with an error of ours; if its answer has begun, breaks it off.
  void fail(const http::Problem& problem, std::string_view fields);

  // Takes the request back from the replica: half-closes its connection, which an SDK's program turns into a stop
  // token. The slot is free when the replica closes its side or answers: replica_done.
  void withdraw();

  // Ends this life: gives back what was kept for a second try.
  void close() { drop_replay(); }

 private:
  void on_body(http::ServerConnection& client) override;
  void on_writable(http::ServerConnection& client) override;
  void on_gone(http::ServerConnection& client) override;

  void on_head(http::ClientConnection& upstream) override;
  void on_body(http::ClientConnection& upstream) override;
  void on_writable(http::ClientConnection& upstream) override;
  void on_closed(http::ClientConnection& upstream, std::string_view problem) override;

  void check_received();
  void send_request_head();
  void forward_request();
  void forward_answer(std::string_view head);
  void finish_answer();
  void keep_for_replay(std::string_view piece);
  void drop_replay();
  void settle(core::Outcome outcome);
  std::string_view answer_fields();

  http::Loop& loop_;
  ExchangeListener& listener_;
  ReplayBudget& budget_;
  core::RequestId id_{};
  http::ServerConnection* client_ = nullptr;
  std::shared_ptr<http::ClientConnection> upstream_;
  ExchangeFacts facts_;
  std::string replay_;   // the body as far as it was sent: a second try begins with it
  bool is_kept_ = true;  // `replay_` holds all of that
  bool is_received_ = false;
  bool is_request_sent_ = false;
  bool is_rechunked_ = false;
  bool is_withdrawn_ = false;
  bool is_settled_ = true;  // replica_done was told for the upstream there is
};

}  // namespace tenfold::live
