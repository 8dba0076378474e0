// A socket of the data path, with what was read and what could not be written yet.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "http/input_buffer.hpp"

namespace tenfold::http {

// The event loop: one thread runs it, and everything on it belongs to that thread.
using Loop = boost::asio::io_context;

// One type for TCP and unix sockets, with the loop's own executor: a type-erased one costs on every operation.
using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Loop::executor_type>;

// What server and client connections share.
//
// One read is under way whenever there is room for it. Asio's reactor remembers a read that came back short, so the
// next one waits for the socket without asking it first: one recv a message, and a peer that vanishes is noticed while
// nobody writes. Writing is one sendmsg of all pieces at once; what the kernel does not take is kept and follows when
// it does.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Whether all that was sent has gone to the kernel. While not, send no more: on_writable says when.
  bool writable() const { return pending_.empty(); }

  // Sends the pieces, in order and without copying what the kernel takes at once. Never calls back.
  void send(std::span<const std::string_view> pieces);
  void send(std::initializer_list<std::string_view> pieces) { send(std::span{pieces.begin(), pieces.size()}); }

  bool is_open() const { return socket_.is_open(); }

  // Bytes that the kernel took since the count was last reset.
  std::uint64_t bytes_sent() const { return bytes_sent_; }

 protected:
  Connection(Socket socket, std::size_t buffer_limit);
  virtual ~Connection() = default;

  // Bytes came; the parser's views are renewed before by `moved`.
  virtual void on_input() = 0;
  // The buffer moved.
  virtual void moved() = 0;
  // The peer closed, or the connection broke. Nothing more is read.
  virtual void on_end(const boost::system::error_code& error) = 0;
  // What was pending has gone.
  virtual void on_flushed() = 0;

  // Lets a read be under way, if there is room.
  void read();
  // Sends FIN, after what is pending.
  void shut_down_writing();
  void reset_bytes_sent() { bytes_sent_ = 0; }
  // Closes at once; nothing is called any more.
  void close();

  Socket socket_;
  InputBuffer input_;

 private:
  void on_read(const boost::system::error_code& error, std::size_t bytes);
  void wait_writable();
  void flush();
  // How many bytes the kernel took; the connection is broken if it says so.
  std::size_t write_now(std::span<const std::string_view> pieces);

  std::string pending_;
  std::uint64_t bytes_sent_ = 0;
  bool is_reading_ = false;
  bool has_ended_ = false;
  bool is_waiting_writable_ = false;
  bool shut_down_when_flushed_ = false;
  bool is_broken_ = false;  // a write failed: the read will say so
};

}  // namespace tenfold::http
