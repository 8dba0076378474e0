// One question to a starting replica: a GET, and the status of its answer.
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
  // The answer's status, or why there is none, as the end of a sentence about the GET: "did not answer within 1 s".
  using Result = std::expected<int, std::string>;
  using OnResult = std::function<void(const Result&)>;

  ProbeCall(boost::asio::io_context& loop, const http::Endpoint& endpoint, const config::Probe& probe);

  // Asks. `on_result` is called once, later, unless `cancel` comes first.
  void start(OnResult on_result);
  void cancel();

 private:
  using Socket =
      boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, boost::asio::io_context::executor_type>;

  void send();
  void receive();
  void end(const Result& result);

  Socket socket_;
  SteadyTimer timer_;
  boost::asio::generic::stream_protocol::endpoint endpoint_;
  core::Duration timeout_;
  std::string request_;
  std::string answer_;
  OnResult on_result_;
};

}  // namespace tenfold::live
