#include "http/epoll_loop.hpp"

#include <utility>

#include <boost/asio/post.hpp>

namespace tenfold::http {

EpollLoop::EpollLoop() : boost::asio::io_context{1}, net_{*this}, alarm_{static_cast<io_context&>(*this)} {}

void EpollLoop::post(Task task) { boost::asio::post(static_cast<io_context&>(*this), std::move(task)); }

void EpollLoop::earliest_timer_changed() {
  const TimePoint earliest = earliest_timer();
  if (earliest >= alarm_at_) return;
  alarm_at_ = earliest;
  alarm_.expires_at(earliest);
  alarm_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    alarm_at_ = TimePoint::max();
    run_timers(now());
    earliest_timer_changed();
  });
}

}  // namespace tenfold::http
