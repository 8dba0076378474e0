// Readiness of the data path's sockets: one edge-triggered epoll set of their own inside Asio's loop.
#pragma once

#include <array>
#include <cstdint>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <sys/epoll.h>

#include "http/transport.hpp"

namespace tenfold::http {

// Why not Asio's sockets: its reactor (Boost 1.81) reads once more after every message to find that nothing is there,
// or re-arms with an epoll_ctl before every wait. Here a short read is taken for what it is, the end of what had come,
// and the socket's registration stays: one recv a message. The loop wakes when the set has events, and takes them in
// one batch.
class Poller final : public boost::asio::execution_context::service {
 public:
  using key_type = Poller;

  // The poller of `context`, made when it is asked for first. Throws std::system_error when there is no descriptor
  // left.
  static Poller& of(boost::asio::io_context& context) {
    return boost::asio::use_service<Poller>(static_cast<boost::asio::execution_context&>(context));
  }

  explicit Poller(boost::asio::execution_context& context);

  // Watches `fd` for input; for room to write too if `wants_write`. Return 0 or an errno.
  int add(int fd, ReadinessHandler& handler);
  int set_writable_wanted(int fd, ReadinessHandler& handler, bool wants_write);
  // Before `fd` is closed: no event that was taken already reaches the handler.
  void remove(int fd, ReadinessHandler& handler) noexcept;

 private:
  static constexpr int kBatch = 256;

  void shutdown() override;
  void wait();
  void dispatch();

  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> epoll_;
  std::array<epoll_event, kBatch> events_{};
  int count_ = 0;  // of the batch under way
  int next_ = 0;
  std::size_t watched_ = 0;
  bool is_waiting_ = false;
};

}  // namespace tenfold::http
