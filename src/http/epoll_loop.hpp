// The live loop: the steady clock and sockets, on Asio's loop.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

#include "http/loop.hpp"
#include "http/socket_net.hpp"

namespace tenfold::http {

// It is an io_context too: `run` it, and give it to Asio's signals, timers and descriptors. Another thread may only
// boost::asio::post to it. Not final, because Asio derives from whatever may be an executor to find out.
class EpollLoop : public Loop, public boost::asio::io_context {
 public:
  EpollLoop();
  ~EpollLoop() override = default;

  TimePoint now() const override { return std::chrono::steady_clock::now(); }
  void post(Task task) override;
  Net& net() override { return net_; }
  SocketNet& sockets() { return net_; }

 private:
  void earliest_timer_changed() override;

  SocketNet net_;
  // One timer of Asio's for all of ours. It is moved only to an earlier time.
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    executor_type>
      alarm_;
  TimePoint alarm_at_ = TimePoint::max();
};

}  // namespace tenfold::http
