// Readiness of the data path's sockets: one edge-triggered epoll set of their own inside the loop.
#pragma once

#include <array>
#include <cstdint>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <sys/epoll.h>

namespace tenfold::http {

// The event loop: one thread runs it, and everything on it belongs to that thread.
using Loop = boost::asio::io_context;

// Why not Asio's sockets: its reactor (Boost 1.81) reads once more after every message to find that nothing is there,
// or re-arms with an epoll_ctl before every wait. Here a short read is taken for what it is, the end of what had come,
// and the socket's registration stays: one recv a message. The loop wakes when the set has events, and takes them in
// one batch.
class Poller final : public boost::asio::execution_context::service {
 public:
  using key_type = Poller;

  // Told that its socket is ready, with epoll's events. May remove and destroy itself and others.
  class Handler {
   public:
    virtual void on_ready(std::uint32_t events) = 0;

   protected:
    ~Handler() = default;
  };

  // The poller of `loop`, made when it is asked for first.
  static Poller& of(Loop& loop) {
    return boost::asio::use_service<Poller>(static_cast<boost::asio::execution_context&>(loop));
  }

  explicit Poller(boost::asio::execution_context& context);

  // Watches `fd` for input; for room to write too if `wants_write`.
  void add(int fd, Handler& handler);
  void set_writable_wanted(int fd, Handler& handler, bool wants_write);
  // Before `fd` is closed: no event that was taken already reaches the handler.
  void remove(int fd, Handler& handler);

 private:
  static constexpr int kBatch = 256;

  void shutdown() override;
  void wait();
  void dispatch();

  boost::asio::posix::basic_stream_descriptor<Loop::executor_type> epoll_;
  std::array<epoll_event, kBatch> events_{};
  int count_ = 0;  // of the batch under way
  int next_ = 0;
  std::size_t watched_ = 0;
  bool is_waiting_ = false;
};

}  // namespace tenfold::http
