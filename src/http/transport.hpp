// What a byte stream and a network are to this library. Nothing above knows a descriptor or an epoll set: live they are
// sockets (`socket_net.hpp`), in a simulation memory that misbehaves, and TLS is a Transport over a Transport.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/endpoint.hpp"

namespace tenfold::http {

// What may be done now without waiting. Edges: told when it becomes so, once.
struct Readiness {
  bool readable = false;
  bool writable = false;
  bool hung_up = false;  // the peer sends no more than what is there, or the stream broke: reading tells which
  bool is_cut = false;   // both directions have ended: nobody reads what is written
};

// Told of readiness, from the loop. May destroy itself, what it watches, and others.
class ReadinessHandler {
 public:
  virtual void on_ready(Readiness readiness) = 0;

 protected:
  ~ReadinessHandler() = default;
};

// Bytes that were moved, or an errno; EAGAIN when nothing can be moved now and an edge will tell when it can.
using IoResult = std::expected<std::size_t, int>;

// A connected (or connecting) stream of bytes. Closed when it is destroyed, if it was not before.
class Transport {
 public:
  virtual ~Transport() = default;

  // From now on `handler` is told when there is input. Returns 0 or an errno: then nothing will be told.
  virtual int watch(ReadinessHandler& handler) = 0;
  // Whether it is also told when there is room to write. Returns 0 or an errno.
  virtual int want_writable(bool is_wanted) = 0;

  // Reads at most `room`, which is not empty. 0 is the end of what the peer sends.
  virtual IoResult read(std::span<char> room) = 0;
  // Writes as much of the pieces, in order, as is taken now. At most kMaxPieces.
  virtual IoResult write(std::span<const std::string_view> pieces) = 0;
  static constexpr std::size_t kMaxPieces = 8;

  // Sends FIN. Reading goes on.
  virtual void shut_down_writing() = 0;
  // Ends both directions, with a reset if `is_reset`. The handler is told nothing any more.
  virtual void close(bool is_reset) = 0;
};

struct Accepted {
  std::unique_ptr<Transport> transport;
  std::string peer;  // the address without its port; "unix" for a unix socket
};

// Where clients come in. Stops listening when it is destroyed.
class Acceptor {
 public:
  virtual ~Acceptor() = default;

  // Where it listens: the real port for port 0.
  virtual Endpoint endpoint() const = 0;
  // `handler` is told when clients wait; it accepts until EAGAIN. Returns 0 or an errno.
  virtual int watch(ReadinessHandler& handler) = 0;
  // The next client, or an errno.
  virtual std::expected<Accepted, int> accept() = 0;
};

class Net {
 public:
  virtual ~Net() = default;

  // The error says what was wrong and what to do.
  virtual std::expected<std::unique_ptr<Acceptor>, std::string> listen(const Endpoint& endpoint) = 0;
  // Starts to connect, without waiting: whether it stands shows when it is read or written. The error is an errno.
  virtual std::expected<std::unique_ptr<Transport>, int> connect(const Endpoint& endpoint) = 0;
};

}  // namespace tenfold::http
