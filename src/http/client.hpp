// A connection to a server, as the one who asks sees it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "http/body_decoder.hpp"
#include "http/connection.hpp"
#include "http/endpoint.hpp"
#include "http/head_parser.hpp"
#include "http/limits.hpp"

namespace tenfold::http {

class ClientConnection;

// How a connection to a server ended, as far as it tells what became of a request on it.
enum class Ending : std::uint8_t {
  kNone,          // it has not
  kNoConnection,  // it never stood: nobody listens, or the listen queue is full
  kClosed,        // the server closed it, or went away
  kUnread,        // the same, and what was sent last had not been read to its end: only a unix socket tells
  kBadAnswer,     // what the server sent is no answer: closed from here
};

// Follows one exchange. All calls come from the loop's thread, and none from within a call to the connection.
class ClientHandler {
 public:
  // An interim answer (1xx) has come: `head` is its until the return. The answer is still to come.
  virtual void on_interim(ClientConnection&) {}
  // The answer's head is there, and maybe the first of its body.
  virtual void on_head(ClientConnection& connection) = 0;
  // More of the answer's body is there, or its end.
  virtual void on_body(ClientConnection& connection) = 0;
  // What was sent has gone; more may be sent.
  virtual void on_writable(ClientConnection& connection) = 0;
  // The connection is gone, or its answer broke a rule, which `ending` tells apart: `problem` says what
  // happened. Nothing follows.
  virtual void on_closed(ClientConnection& connection, std::string_view problem) = 0;

 protected:
  ~ClientHandler() = default;
};

// Carries one exchange after the other:
//
//   auto connection = ClientConnection::connect(loop, endpoint, limits, handler);
//   connection->begin({});
//   connection->send({head, body});       // then on_head, on_body until body_complete()
//   if (connection->reusable()) connection->begin(...) else connection->close();
//
// Owned by whoever asks. `close` it before the last reference goes; it calls nobody from then on.
class ClientConnection final : public Connection {
 public:
  // Starts to connect; what is sent before the connection stands follows then. That it cannot be made is told by
  // on_closed, from the loop.
  static std::shared_ptr<ClientConnection> connect(Loop& loop, const Endpoint& endpoint, const Limits& limits,
                                                   ClientHandler& handler);
  ClientConnection(Loop& loop, std::unique_ptr<Transport> transport, const Limits& limits, ClientHandler& handler,
                   bool is_unix);

  void set_handler(ClientHandler& handler) { handler_ = &handler; }

  // The request that is about to be sent, as far as its answer depends on it.
  struct Request {
    // Its answer has no body, whatever the head says.
    bool is_head = false;
    // It asks for another protocol. If its answer's head has status 101, all that the server sends from there on, until
    // it closes its side, is the body; and all that is sent to it goes as it is.
    bool asks_upgrade = false;
  };
  void begin(Request request);

  const Head& head() const { return parser_.head(); }
  std::string_view body() const { return input_.body(); }
  bool body_complete() const { return state_ == State::kBody && decoder_.is_complete(); }
  void consume(std::size_t bytes);
  // Whether any byte of an answer, interim ones included, came since `begin`.
  bool has_answer_begun() const { return has_answer_begun_; }

  // How it ended, once on_closed was called. Reading a close is racy by nature: see `kUnread` for the one proof there
  // is.
  Ending ending() const { return ending_; }

  // The exchange is over, and the connection can carry another.
  bool reusable() const;
  // Nothing is asked until the next `begin`: what comes meanwhile is an error and closes.
  void rest() { state_ = State::kIdle; }

  // Sends FIN: there will be no more requests, and nobody waits for an answer.
  void half_close() {
    is_half_closed_ = true;
    shut_down_writing();
  }
  void close() { Connection::close(); }

 private:
  enum class State : std::uint8_t { kIdle, kHead, kBody, kClosed };

  void on_input() override;
  void moved() override { parser_.rebase(input_.base()); }
  void on_end(const boost::system::error_code& error) override;
  void on_flushed() override;

  void receive_head();
  void receive_interim();
  void receive_body();
  void refuse(std::string_view problem);
  void refuse_body();
  void fail(std::string_view problem, Ending ending);

  ClientHandler* handler_;
  HeadParser parser_;
  BodyDecoder decoder_;
  State state_ = State::kIdle;
  Request request_;
  bool is_switched_ = false;  // to another protocol
  bool has_answer_begun_ = false;
  bool is_half_closed_ = false;
  bool has_ended_whole_ = false;  // the connection, after the last byte of an answer
  bool is_unix_;
  Ending ending_ = Ending::kNone;
};

}  // namespace tenfold::http
