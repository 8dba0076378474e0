// One request on its way: from its client's connection to a replica's and back.
//
// Late-bound: while the request waits, an exchange has a client and no replica. Its two sides end independently: a
// client that leaves does not free the slot, a replica that dies does not end the client's request, and a replica that
// is done has its slot free while a slow client still reads.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/actions.hpp"
#include "core/events.hpp"
#include "core/time.hpp"
#include "http/client.hpp"
#include "http/problem.hpp"
#include "http/server_connection.hpp"
#include "live/spool.hpp"
#include "live/traces/contexts.hpp"
#include "live/upstreams.hpp"

namespace tenfold::live {

class Exchange;

// What an exchange tells its ingress. The exchange may be given away from within.
class ExchangeListener {
 public:
  // As much of the request is here as is read before it runs: it may be told to the core.
  virtual void request_received(Exchange& exchange) = 0;
  // The client left, or broke a rule, before it had its answer. `has_client` is false from now on.
  virtual void client_left(Exchange& exchange) = 0;
  // The replica is done with the request, one way or another: its slot is free.
  virtual void replica_done(Exchange& exchange, core::Outcome outcome) = 0;
  // A client that was slower than its replica has its answer. `has_client` is false from now on.
  virtual void answer_read(Exchange& exchange) = 0;

 protected:
  ~ExchangeListener() = default;
};

// One time that a request had a slot.
struct Attempt {
  core::ReplicaId replica{};
  core::TimePoint dispatched{};
  core::TimePoint answer_began{};  // zero: no answer came of it
  core::TimePoint done{};          // zero while it has its slot
  // How much of its wait went to the start of the replica.
  core::Duration cold_start{};
  core::Outcome outcome = core::Outcome::kAbandoned;  // once it is done
  SpanId span{};  // that its replica is told of as parent, where the request is traced
};

// What is measured of a request. Zero is a time that has not come.
struct ExchangeFacts {
  core::TimePoint opened{};   // its head was read
  core::TimePoint arrived{};  // with its body, or as much of that as there was room for
  core::TimePoint answer_began{};
  int status = 0;  // sent to the client; 0 while none was
  std::uint64_t request_bytes = 0;
  std::uint64_t answer_bytes = 0;
  std::uint16_t attempts = 0;
  RequestTrace trace;
  // The first ones; the last place is the latest one's.
  std::array<Attempt, 4> attempt{};

  bool had_slot() const { return attempts > 0; }
  // The latest one; one of no replica where there was none.
  const Attempt& last() const { return attempt[std::clamp<std::size_t>(attempts, 1, attempt.size()) - 1]; }
  Attempt& last() { return attempt[std::clamp<std::size_t>(attempts, 1, attempt.size()) - 1]; }
};

// Lives on the loop's thread. Reused: `begin` begins a new life.
class Exchange final : private http::ExchangeHandler, private http::ClientHandler {
 public:
  // All must outlive it. A request that has no id gets one that begins with `id_prefix`. Without `traces` nothing is
  // traced.
  Exchange(http::Loop& loop, ExchangeListener& listener, SpoolStore& spools, std::string_view id_prefix,
           TraceContexts* traces)
      : loop_{loop}, listener_{listener}, spools_{spools}, id_prefix_{id_prefix}, traces_{traces} {}

  // A request's head has come on `client`. `is_client_trusted`: it is a proxy of ours, whose word on where the request
  // came from is passed on.
  void begin(core::RequestId id, http::ServerConnection& client, bool is_client_trusted);
  // Takes in its body. request_received follows, maybe from within.
  void receive();

  core::RequestId id() const { return id_; }
  // What goes to its replica as X-Request-Id.
  const std::string& name() const { return name_; }
  const ExchangeFacts& facts() const { return facts_; }
  bool has_client() const { return client_ != nullptr; }
  bool has_replica() const { return upstream_ != nullptr; }
  // The core knows of it.
  bool is_received() const { return is_received_; }
  // The whole answer is here; a slow client may still read it.
  bool is_answered() const { return is_answered_; }
  // True for the first call of a life: its end is told once.
  bool mark_end_told() { return !std::exchange(is_end_told_, true); }
  // After an outcome of kBadAnswer: what was wrong.
  std::string_view bad_answer() const { return bad_answer_; }
  // Bytes of the request as its replica gets it, at most; the largest number while not all of it is here.
  std::uint64_t size_to_send() const;
  http::ClientHandler& upstream_handler() { return *this; }
  const http::ServerConnection& client() const { return *client_; }

  // Sends the request to `replica` over `upstream`. replica_done follows, maybe from within.
  void dispatch(core::ReplicaId replica, Upstreams::Acquired upstream, core::Duration cold_start, core::TimePoint now);

  // The connection to the replica, after replica_done.
  std::shared_ptr<http::ClientConnection> release_upstream();

  // Answers the client with an error of ours; if its answer has begun, breaks it off. Harmless when the answer is here.
  void fail(const http::Problem& problem, std::string_view fields);

  // Nobody waits for the request any more. kDiscard: its answer is read to the end and thrown away. kClose: its
  // connection is half-closed, which a program that announced it turns into a stop token; and so is that of a request
  // whose body never came whole. The slot is free when the replica answers or closes its side: replica_done, maybe from
  // within. Harmless when the replica is done.
  void withdraw(core::CancelHow how);

  // Ends this life: gives back what was kept.
  void close();

 private:
  void on_body(http::ServerConnection& client) override;
  void on_writable(http::ServerConnection& client) override;
  void on_gone(http::ServerConnection& client) override;

  void on_interim(http::ClientConnection& upstream) override;
  void on_head(http::ClientConnection& upstream) override;
  void on_body(http::ClientConnection& upstream) override;
  void on_writable(http::ClientConnection& upstream) override;
  void on_closed(http::ClientConnection& upstream, std::string_view problem) override;

  void set_name();
  void receive_request();
  bool spool_request();
  void send_request_head();
  void forward_request();
  void send_framed(std::string_view head, std::string_view piece);
  std::string_view rest_of_stream() const;
  void end_request();

  void switch_protocols(http::ClientConnection& upstream);
  void forward_answer(std::string_view head);
  bool pass_on(std::initializer_list<std::string_view> pieces);
  void drain_answer();
  void break_off();
  void end_answer();
  void discard_answer();
  core::Outcome outcome_of_close(const http::ClientConnection& upstream, std::string_view problem);
  void settle(core::Outcome outcome);
  std::string_view answer_fields();

  http::Loop& loop_;
  ExchangeListener& listener_;
  SpoolStore& spools_;
  std::string_view id_prefix_;
  TraceContexts* traces_;
  core::RequestId id_{};
  http::ServerConnection* client_ = nullptr;
  std::shared_ptr<http::ClientConnection> upstream_;
  ExchangeFacts facts_;
  // The request's body, if it is larger than its connection's buffer; a small one stays there until it is answered.
  std::unique_ptr<Spool> request_;
  // What the client has not taken of its answer, framed for it.
  std::unique_ptr<Spool> answer_;
  std::uint64_t sent_ = 0;         // of the request's body, in this attempt
  std::uint64_t answer_sent_ = 0;  // of `answer_`
  std::string name_;
  std::string bad_answer_;
  bool is_client_trusted_ = false;
  bool is_received_ = false;
  bool is_whole_ = false;     // all of the request's body is here or was
  bool is_streamed_ = false;  // there was no room to keep it: what comes goes on and is not kept
  bool is_chunked_ = false;   // the request
  bool is_request_sent_ = false;
  bool is_switched_ = false;   // to another protocol: bytes both ways until both sides have ended
  bool is_rechunked_ = false;  // the answer's last chunk is owed
  bool is_answered_ = false;
  bool is_withdrawn_ = false;
  bool is_end_told_ = false;
  bool is_connection_kept_ = false;  // it had carried a request before
  bool is_settled_ = true;           // replica_done was told for the upstream there is
};

}  // namespace tenfold::live
