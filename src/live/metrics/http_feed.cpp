#include "live/metrics/http_feed.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tenfold::live {

namespace {

// More often nobody is asked, whatever the configuration says.
constexpr core::Duration kLeastInterval = std::chrono::milliseconds{100};

}  // namespace

HttpFeed::HttpFeed(http::EpollLoop& loop, FeedOptions options, MetricRequest request, Parse parse,
                   MetricCallbacks callbacks)
    : loop_{loop},
      options_{std::move(options)},
      request_{std::move(request)},
      parse_{std::move(parse)},
      callbacks_{std::move(callbacks)},
      timer_{loop} {}

void HttpFeed::start() {
  const auto done = [weak = weak_from_this()](const std::expected<MetricAnswer, std::string>& answer) {
    const auto self = weak.lock();
    if (!self) return;
    self->take(answer ? self->parse_(*answer) : std::unexpected(answer.error()));
  };
  getter_ = std::make_shared<Getter>(loop_, request_, options_.timeout, done);
  poll();
}

void HttpFeed::poll() {
  asked_ = std::chrono::steady_clock::now();
  getter_->get();
}

void HttpFeed::take(const std::expected<double, std::string>& value) {
  if (!value) {
    say_trouble(value.error());
  } else if (std::exchange(is_failing_, false)) {
    callbacks_.said(fmt::format("the metric of rule '{}' is back: {:g}", options_.name, *value));
  }
  was_observed_ = was_observed_ || value;
  callbacks_.observed({.rule = options_.rule, .is_valid = value.has_value(), .value = value.value_or(0)});
  timer_.expires_at(asked_ + std::max(options_.interval, kLeastInterval));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (self && !error) self->poll();
  });
}

void HttpFeed::say_trouble(const std::string& reason) {
  if (std::exchange(is_failing_, true)) return;
  const std::string consequence = was_observed_ ? fmt::format("the last value counts for {:g} s",
                                                              std::chrono::duration<double>{options_.keep}.count())
                                                : "the rule asks for nothing until there is one";
  callbacks_.said(
      fmt::format("no value for rule '{}' from {}: {}; {}", options_.name, request_.url, reason, consequence));
}

}  // namespace tenfold::live
