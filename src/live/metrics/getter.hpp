// Asks something small over HTTP, within a time.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/time.hpp"
#include "http/client.hpp"
#include "http/epoll_loop.hpp"
#include "live/metrics/request.hpp"

namespace tenfold::live {

// A larger answer is none: a metric is a number.
inline constexpr std::size_t kMaxMetricAnswer = std::size_t{1} << 20;

struct MetricAnswer {
  int status = 0;
  std::string body;
  // Retry-After, where it is a number of seconds.
  std::optional<core::Duration> retry_after;
};

// Asks one thing again and again, each time over a connection of its own and by the name's addresses of that time: a
// metric is asked for every some seconds, and its server may move meanwhile.
//
//   auto getter = std::make_shared<Getter>(loop, request, 3s, [](auto answer) { ... });
//   getter->get();       // calls back exactly once, from the loop
//
// Lives on the loop's thread, in a shared_ptr; once the last one is gone it calls nobody.
class Getter final : public std::enable_shared_from_this<Getter>, private http::ClientHandler {
 public:
  // The error is a clause about the server: "it did not answer within 3 s".
  using Done = std::function<void(const std::expected<MetricAnswer, std::string>& answer)>;

  Getter(http::EpollLoop& loop, MetricRequest request, core::Duration timeout, Done done);
  ~Getter();
  Getter(const Getter&) = delete;
  Getter& operator=(const Getter&) = delete;

  const MetricRequest& request() const { return request_; }

  // Sends the request as it is. Not while one is under way.
  void get() { send(request_.head); }
  // Sends a whole message to the same place instead: one with a body.
  void send(std::string message);

 private:
  using Resolver = boost::asio::ip::tcp::resolver;

  void resolve();
  void connect_next();
  void end(const std::expected<MetricAnswer, std::string>& answer);
  void drop_connection();

  void on_head(http::ClientConnection& connection) override;
  void on_body(http::ClientConnection& connection) override;
  void on_writable(http::ClientConnection&) override {}
  void on_closed(http::ClientConnection& connection, std::string_view problem) override;

  http::EpollLoop& loop_;
  MetricRequest request_;
  core::Duration timeout_;
  Done done_;
  boost::asio::steady_timer timer_;
  Resolver resolver_;
  std::string message_;                 // that is sent, to one place after the other
  std::uint64_t turn_ = 0;              // of `send`: what was under way in an earlier one is not listened to
  std::vector<http::Endpoint> places_;  // not tried yet, the next one last
  std::shared_ptr<http::ClientConnection> connection_;
  MetricAnswer answer_;
};

}  // namespace tenfold::live
