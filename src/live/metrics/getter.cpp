#include "live/metrics/getter.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace tenfold::live {

namespace {

// Takes the calls of a connection that was given up.
class Nobody final : public http::ClientHandler {
  void on_head(http::ClientConnection&) override {}
  void on_body(http::ClientConnection&) override {}
  void on_writable(http::ClientConnection&) override {}
  void on_closed(http::ClientConnection&, std::string_view) override {}
} nobody;

std::optional<core::Duration> seconds_of(std::optional<std::string_view> text) {
  std::uint32_t seconds = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), seconds).ptr != text->data() + text->size())
    return std::nullopt;
  return std::chrono::seconds{seconds};
}

}  // namespace

Getter::Getter(http::EpollLoop& loop, MetricRequest request, core::Duration timeout, Done done)
    : loop_{loop},
      request_{std::move(request)},
      timeout_{timeout},
      done_{std::move(done)},
      timer_{loop},
      resolver_{loop} {}

Getter::~Getter() { drop_connection(); }

void Getter::send(std::string message) {
  ++turn_;
  message_ = std::move(message);
  places_.clear();
  answer_ = {};
  timer_.expires_after(timeout_);
  timer_.async_wait([weak = weak_from_this(), turn = turn_](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!self || error || self->turn_ != turn) return;
    self->end(std::unexpected(
        fmt::format("it did not answer within {:g} s", std::chrono::duration<double>{self->timeout_}.count())));
  });
  boost::system::error_code error;
  boost::asio::ip::make_address(request_.host, error);
  if (error) return resolve();
  places_.push_back(http::Endpoint::tcp(request_.host, request_.port));
  connect_next();
}

void Getter::resolve() {
  const auto take = [weak = weak_from_this(), turn = turn_](const boost::system::error_code& error,
                                                            const Resolver::results_type& found) {
    const auto self = weak.lock();
    if (!self || self->turn_ != turn) return;
    if (error) return self->end(std::unexpected(fmt::format("its host is not known: {}", error.message())));
    for (const auto& entry : found) {
      self->places_.push_back(http::Endpoint::tcp(entry.endpoint().address().to_string(), entry.endpoint().port()));
    }
    std::ranges::reverse(self->places_);
    self->connect_next();
  };
  resolver_.async_resolve(request_.host, std::to_string(request_.port), Resolver::numeric_service, take);
}

void Getter::connect_next() {
  drop_connection();
  const http::Endpoint place = std::move(places_.back());
  places_.pop_back();
  connection_ = http::ClientConnection::connect(loop_, place, {}, *this);
  connection_->begin({});
  connection_->send({message_});
}

void Getter::on_head(http::ClientConnection& connection) {
  answer_.status = connection.head().status();
  answer_.retry_after = seconds_of(connection.head().find("retry-after"));
  on_body(connection);
}

void Getter::on_body(http::ClientConnection& connection) {
  answer_.body += connection.body();
  if (answer_.body.size() > kMaxMetricAnswer) {
    return end(std::unexpected(fmt::format("its answer is larger than {} bytes", kMaxMetricAnswer)));
  }
  connection.consume(connection.body().size());
  if (connection.body_complete()) end(std::exchange(answer_, {}));
}

void Getter::on_closed(http::ClientConnection& connection, std::string_view problem) {
  if (connection.has_answer_begun()) return end(std::unexpected(fmt::format("its answer is broken: {}", problem)));
  if (!places_.empty()) return connect_next();
  const std::string place = fmt::format("{}:{}", request_.host, request_.port);
  if (connection.bytes_sent() == 0) return end(std::unexpected(fmt::format("nobody accepts connections at {}", place)));
  end(std::unexpected(fmt::format("it gives no answer at {}: {}", place, problem)));
}

void Getter::end(const std::expected<MetricAnswer, std::string>& answer) {
  ++turn_;
  timer_.cancel();
  resolver_.cancel();
  drop_connection();
  const auto self = shared_from_this();
  done_(answer);
}

void Getter::drop_connection() {
  if (!connection_) return;
  // A connection whose failure is posted already still tells it.
  connection_->set_handler(nobody);
  connection_->close();
  connection_.reset();
}

}  // namespace tenfold::live
