// The count that a timetable asks for, as time goes by.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include "http/epoll_loop.hpp"
#include "live/metrics/feed_options.hpp"
#include "live/metrics/poller.hpp"

namespace tenfold::live {

class CronFeed final : public MetricFeed, public std::enable_shared_from_this<CronFeed> {
 public:
  CronFeed(http::EpollLoop& loop, FeedOptions options, config::CronSource source, MetricCallbacks callbacks);

  void start() override { look(); }

 private:
  void look();

  FeedOptions options_;
  config::CronSource source_;
  MetricCallbacks callbacks_;
  boost::asio::steady_timer timer_;
};

}  // namespace tenfold::live
