// A client's connection, as the one who answers sees it.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "http/body_decoder.hpp"
#include "http/connection.hpp"
#include "http/head_parser.hpp"
#include "http/limits.hpp"
#include "http/timeouts.hpp"

namespace tenfold::http {

class Server;
class ServerConnection;

// Follows one request from its head to its answer's end. All calls come from the loop's thread, and none from within a
// call to the connection.
class ExchangeHandler {
 public:
  // More of the body is there, or its end.
  virtual void on_body(ServerConnection& connection) = 0;
  // What was sent has gone; more may be sent.
  virtual void on_writable(ServerConnection& connection) = 0;
  // The client left, or broke a rule and was told so: nothing that is sent from now on arrives. `finish` is still owed.
  virtual void on_gone(ServerConnection& connection) = 0;

 protected:
  ~ExchangeHandler() = default;
};

// Receives the requests of a server.
class ServerHandler {
 public:
  // The head of a request is complete and lawful. Attach a handler and answer later, or answer at once.
  virtual void on_request(ServerConnection& connection) = 0;
  // Whether a client that ends its side after a request has left. By default it waits for its answer, as BusyBox's
  // wget, ncat and `nc -N` do.
  virtual bool is_half_close_leaving() const { return false; }

 protected:
  ~ServerHandler() = default;
};

// One request is under way at a time; those that a client sends ahead wait in the buffer.
//
// Each request ends with exactly one `finish`, `respond` or `abort`. After that the connection is no longer the
// caller's.
class ServerConnection final : public Connection, private Timed {
 public:
  ServerConnection(Server& server, std::unique_ptr<Transport> transport, std::string peer);

  const Head& head() const { return parser_.head(); }

  // What has come of the body and was not consumed. Dies with `consume` and with the return to the loop.
  std::string_view body() const { return input_.body(); }
  // All of the body has come; `body` holds its rest.
  bool body_complete() const { return decoder_.is_complete(); }
  // As much of the body is held as the limit allows: no more is read until some is consumed.
  bool body_is_full() const { return input_.is_full(); }
  // Takes the first `bytes` of `body`, which makes room for more.
  void consume(std::size_t bytes);
  // Somebody is ready for the body: a client that waits for 100 Continue gets it.
  void want_body();

  // The client's address without its port; "unix" for a unix socket.
  const std::string& peer() const { return peer_; }

  void attach(ExchangeHandler& handler) { handler_ = &handler; }

  // Whether the connection will serve another request after this one. Fixed by the first call, which must come before
  // the answer's head is sent: if false the head must say `Connection: close`.
  bool keep_alive();

  // The answer's head has been sent, and it is a 101: what the client sends from here on, until it closes its side, is
  // `body`, and what is sent to it goes as it is. `finish` closes our side.
  void switch_protocols();

  // The answer is complete.
  void finish();
  // The answer cannot be completed: the connection is reset, so that the client knows.
  void abort();
  // A whole answer and its end. `fields` are lines of the head, each with CRLF.
  void respond(int status, std::string_view content_type, std::string_view body, std::string_view fields = {});
  // The same for 304: the client has what it asked for (RFC 9110, 15.4.5).
  void respond_not_modified(std::string_view fields);

 private:
  friend class Server;
  enum class State : std::uint8_t { kHead, kExchange, kSwitched, kLingering, kClosed };

  void start();
  void on_input() override;
  void moved() override { parser_.rebase(input_.base()); }
  // Reading stops where writing does: who sends requests ahead and reads no answers makes us keep one answer, not all.
  bool wants_input() const override { return state_ != State::kHead || writable(); }
  void on_end(const boost::system::error_code& error) override;
  void on_cut() override;
  void on_flushed() override;
  void on_flushing() override;
  void on_timeout() override;

  // It has no request and nothing that its client has not taken yet.
  bool is_resting() const { return state_ == State::kHead && !parser_.has_begun() && writable(); }
  // A request has a handler, or had one that is not done with it.
  bool is_in_exchange() const { return state_ == State::kExchange || state_ == State::kSwitched; }
  void receive_heads();
  void receive_heads_later();
  void begin_exchange();
  void receive_body();
  void receive_bytes();
  bool decode_body();
  // The first lines of an answer's head, without the last CRLF.
  std::string& begin_head(int status);
  void leave();
  void ask_whether_it_waits();
  void watch_body();
  // Answers a broken rule and ends the connection.
  void refuse(const Refusal& refusal);
  void linger();
  void give_up();
  void remove(bool is_reset = false);
  const Limits& limits() const;

  Server& server_;
  std::list<std::shared_ptr<ServerConnection>>::iterator place_;
  ExchangeHandler* handler_ = nullptr;
  HeadParser parser_;
  BodyDecoder decoder_;
  std::string peer_;
  std::uint64_t watched_from_ = 0;  // body bytes when its timeout was set
  State state_ = State::kHead;
  bool is_parsing_ = false;
  bool is_parse_posted_ = false;
  bool is_gone_ = false;
  bool is_half_closed_ = false;  // the client sends no more, and waits for its answers
  bool has_answered_ = false;
  bool awaits_continue_ = false;
  bool awaits_room_ = false;  // the buffer is full: the body's time stands still
  bool keeps_alive_ = false;
  bool is_keep_alive_fixed_ = false;
};

}  // namespace tenfold::http
