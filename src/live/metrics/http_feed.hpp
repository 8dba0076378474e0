// A metric that is polled over HTTP.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include "http/epoll_loop.hpp"
#include "live/metrics/feed_options.hpp"
#include "live/metrics/getter.hpp"
#include "live/metrics/parse.hpp"
#include "live/metrics/poller.hpp"

namespace tenfold::live {

class HttpFeed final : public MetricFeed, public std::enable_shared_from_this<HttpFeed> {
 public:
  using Parse = std::function<std::expected<double, std::string>(const MetricAnswer& answer)>;

  HttpFeed(http::EpollLoop& loop, FeedOptions options, MetricRequest request, Parse parse, MetricCallbacks callbacks);

  void start() override;

 private:
  void poll();
  void take(const std::expected<double, std::string>& value);
  void say_trouble(const std::string& reason);

  http::EpollLoop& loop_;
  FeedOptions options_;
  MetricRequest request_;
  Parse parse_;
  MetricCallbacks callbacks_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<Getter> getter_;
  std::chrono::steady_clock::time_point asked_;
  bool was_observed_ = false;
  bool is_failing_ = false;
};

}  // namespace tenfold::live
