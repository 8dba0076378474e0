#include "live/provider/probe_call.hpp"

#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "config/probes.hpp"
#include "http/head.hpp"

namespace tenfold::live {

namespace {

// An answer whose first line is longer than this is none.
constexpr std::size_t kMaxStatusLine = 4096;

boost::asio::generic::stream_protocol::endpoint to_asio(const http::Endpoint& endpoint) {
  if (endpoint.is_unix()) return boost::asio::local::stream_protocol::endpoint{endpoint.path};
  return boost::asio::ip::tcp::endpoint{boost::asio::ip::make_address(endpoint.address), endpoint.port};
}

bool is_success(int status) { return status >= 200 && status < 400; }

std::string request_of(const config::Probe& probe) {
  if (probe.path.empty()) return {};
  std::string request = fmt::format("GET {} HTTP/1.1\r\nConnection: close\r\n", probe.path);
  bool has_host = false;
  bool has_agent = false;
  for (const auto& [name, value] : probe.headers) {
    has_host |= http::equals_ignoring_case(name, "Host");
    has_agent |= http::equals_ignoring_case(name, "User-Agent");
    request += fmt::format("{}: {}\r\n", name, value);
  }
  if (!has_host) request += "Host: localhost\r\n";
  if (!has_agent) request += "User-Agent: tenfold-probe\r\n";
  return request + "\r\n";
}

// "HTTP/1.1 200 OK", where the last word may be missing.
std::optional<int> status_of(std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (!line.starts_with("HTTP/1.") || blank == std::string_view::npos) return std::nullopt;
  const std::string_view digits = line.substr(blank + 1, 3);
  int status = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), status);
  const bool is_status = error == std::errc{} && end == digits.data() + digits.size() && status >= 100;
  return is_status ? std::optional{status} : std::nullopt;
}

}  // namespace

ProbeCall::ProbeCall(boost::asio::io_context& loop, const http::Endpoint& endpoint, const config::Probe& probe)
    : socket_{loop}, timer_{loop}, endpoint_{to_asio(endpoint)}, timeout_{probe.timeout}, request_{request_of(probe)} {}

void ProbeCall::start(OnResult on_result) {
  on_result_ = std::move(on_result);
  timer_.expires_after(timeout_);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (error) return;
    self->end(std::unexpected(
        fmt::format("did not answer within {:g} s", std::chrono::duration<double>{self->timeout_}.count())));
  });
  socket_.async_connect(
      endpoint_, [self = shared_from_this()](const boost::system::error_code& error) { self->connected(error); });
}

void ProbeCall::connected(const boost::system::error_code& error) {
  // A unix socket whose backlog is full: somebody listens, and is busy.
  const bool is_busy = error == boost::asio::error::try_again;
  if (error && !(is_busy && request_.empty()))
    return end(
        std::unexpected(fmt::format("got no connection: {}", is_busy ? "its backlog is full" : error.message())));
  request_.empty() ? end({}) : send();
}

void ProbeCall::cancel() {
  on_result_ = nullptr;
  end({});
}

void ProbeCall::send() {
  boost::asio::async_write(socket_, boost::asio::buffer(request_),
                           [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                             if (error)
                               return self->end(std::unexpected(fmt::format("got no answer: {}", error.message())));
                             self->receive();
                           });
}

void ProbeCall::receive() {
  boost::asio::async_read_until(
      socket_, boost::asio::dynamic_buffer(answer_, kMaxStatusLine), "\r\n",
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t length) {
        if (error) return self->end(std::unexpected(fmt::format("got no answer: {}", error.message())));
        const auto status = status_of(std::string_view{self->answer_}.substr(0, length));
        if (!status) return self->end(std::unexpected("got an answer that is no HTTP"));
        self->end(is_success(*status) ? Result{} : std::unexpected(fmt::format("was answered {}", *status)));
      });
}

void ProbeCall::end(const Result& result) {
  boost::system::error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
  if (const OnResult told = std::exchange(on_result_, nullptr)) told(result);
}

std::string name_of(const config::Probe& probe) {
  const std::string what = probe.path.empty() ? "" : fmt::format(" GET {}", probe.path);
  return fmt::format("its {} probe{}", config::name_of(probe.type), what);
}

}  // namespace tenfold::live
