// One question to a replica, as one of its probes asks it: a GET, or whether a connection is accepted.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "config/app_config.hpp"
#include "http/endpoint.hpp"
#include "live/provider/descriptor.hpp"

namespace tenfold::live {

// Lives on the loop's thread. Held by a shared pointer, which its own waits share.
class ProbeCall : public std::enable_shared_from_this<ProbeCall> {
 public:
  // Why it did not pass, as the end of a sentence about the probe: "was answered 503".
  using Result = std::expected<void, std::string>;
  using OnResult = std::function<void(const Result&)>;

  ProbeCall(boost::asio::io_context& loop, const http::Endpoint& endpoint, const config::Probe& probe);

  // Asks. `on_result` is called once, later, unless `cancel` comes first.
  void start(OnResult on_result);
  void cancel();

 private:
  using Socket =
      boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, boost::asio::io_context::executor_type>;

  void connected(const boost::system::error_code& error);
  void send();
  void receive();
  void end(const Result& result);

  Socket socket_;
  SteadyTimer timer_;
  boost::asio::generic::stream_protocol::endpoint endpoint_;
  core::Duration timeout_;
  std::string request_;  // empty: the connection is all
  std::string answer_;
  OnResult on_result_;
};

// "its readiness probe GET /healthz", the beginning of a sentence about it.
std::string name_of(const config::Probe& probe);

}  // namespace tenfold::live
