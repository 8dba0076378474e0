// A connection of the data path, with what was read and what could not be written yet.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <boost/system/error_code.hpp>

#include "http/input_buffer.hpp"
#include "http/loop.hpp"
#include "http/transport.hpp"

namespace tenfold::http {

// What server and client connections share. Reading goes on by itself while there is room for it, so a peer that
// vanishes is noticed while nobody writes; but no connection reads more than a bounded share in one turn of the loop.
// Writing is one call with all pieces at once; what is not taken is kept and follows when there is room.
class Connection : public std::enable_shared_from_this<Connection>, private ReadinessHandler {
 public:
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Whether all that was sent has gone to the transport. While not, send no more: on_writable says when.
  bool writable() const { return pending_bytes() == 0; }

  // Sends the pieces, in order and without copying what is taken at once. Never calls back.
  void send(std::span<const std::string_view> pieces);
  void send(std::initializer_list<std::string_view> pieces) { send(std::span{pieces.begin(), pieces.size()}); }

  bool is_open() const { return transport_ != nullptr; }
  // What is sent goes nowhere: the connection never stood, or has failed, which the loop is about to tell.
  bool is_broken() const { return is_broken_ || !transport_; }

  // Bytes that the transport took since the count was last reset.
  std::uint64_t bytes_sent() const { return bytes_sent_; }
  // Bytes that were sent and wait for room.
  std::size_t pending_bytes() const { return pending_.size() - pending_begin_; }

 protected:
  // A null transport is that of a connection that never stood. A `budget` bounds what many connections read ahead.
  Connection(Loop& loop, std::unique_ptr<Transport> transport, std::size_t buffer_limit,
             MemoryBudget* budget = nullptr);
  virtual ~Connection();

  // Bytes came; the parser's views are renewed before by `moved`.
  virtual void on_input() = 0;
  // The buffer moved.
  virtual void moved() = 0;
  // Whether input is wanted now. When it is again, call `read`.
  virtual bool wants_input() const { return true; }
  // The peer closed (no error), or the connection broke. Nothing more is read.
  virtual void on_end(const boost::system::error_code& error) = 0;
  // The peer, whose side had ended in order before, does not read any more either.
  virtual void on_cut() {}
  // What was pending has gone.
  virtual void on_flushed() = 0;
  // Something waits for room: it begins to, or some of it has gone and some has not.
  virtual void on_flushing() {}

  // Begins to read. Not from the constructor: it calls `moved`.
  void open();
  // There may be room again: goes on with reading, from the loop.
  void read();
  // Sends FIN, after what is pending.
  void shut_down_writing();
  void reset_bytes_sent() { bytes_sent_ = 0; }
  // The connection has ended both ways, as far as the kernel knows: nobody reads what is sent.
  bool is_cut() const { return is_cut_; }
  // Closes at once, with a reset if `is_reset`; nothing is called any more.
  void close(bool is_reset = false);

  Loop& loop_;
  InputBuffer input_;

 private:
  void on_ready(Readiness readiness) override;
  void receive();
  void end(const boost::system::error_code& error);
  // Ends from the loop: whoever is in the middle of a call to this connection must not be called back.
  void end_soon(int error);
  void wait_writable();
  void flush();
  // How many bytes were taken; all of them if the connection is broken, since nobody will read them.
  std::size_t write_now(std::span<const std::string_view> pieces);

  std::unique_ptr<Transport> transport_;
  std::string pending_;
  std::size_t pending_begin_ = 0;  // what stands before it has gone
  std::uint64_t bytes_sent_ = 0;
  bool is_readable_ = false;  // there may be input that was not read
  bool has_hung_up_ = false;  // the peer will send no more than what is there
  bool has_ended_ = false;
  bool is_cut_ = false;
  bool is_receiving_ = false;
  bool is_read_posted_ = false;
  bool is_waiting_writable_ = false;
  bool shut_down_when_flushed_ = false;
  bool is_broken_ = false;  // a write failed: reading will say why
  // The first write found that the connection never stood. A socket tells its error once: reading finds an end only.
  bool is_refused_ = false;
};

}  // namespace tenfold::http
