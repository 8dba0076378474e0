#include "live/metrics/poller.hpp"

#include <fmt/format.h>

#include "live/metrics/cron_feed.hpp"
#include "live/metrics/http_feed.hpp"

namespace tenfold::live {

namespace {

using MadeFeed = std::expected<std::shared_ptr<MetricFeed>, std::string>;

class FeedMaker {
 public:
  FeedMaker(http::EpollLoop& loop, const config::AppConfig& config, const config::MetricSource& source,
            const MetricCallbacks& callbacks)
      : loop_{loop},
        rule_{config.core.scale.rules[source.rule]},
        options_{.rule = source.rule,
                 .name = rule_.name,
                 .interval = config.core.scale.aca.polling_interval,
                 .timeout = source.timeout,
                 .keep = rule_.keep},
        callbacks_{callbacks} {}

  MadeFeed operator()(const config::JsonSource& source) const {
    auto request = make_request(source);
    if (!request) return std::unexpected(request.error());
    auto location = parse_location(source.value_location);
    if (!location) return std::unexpected(location.error());
    const auto parse = [at = std::move(*location)](const MetricAnswer& answer) {
      return parse_json_metric(answer.status, answer.body, at);
    };
    return std::make_shared<HttpFeed>(loop_, options_, std::move(*request), parse, callbacks_);
  }
  MadeFeed operator()(const config::PrometheusSource& source) const {
    auto request = make_request(source);
    if (!request) return std::unexpected(request.error());
    const auto parse = [](const MetricAnswer& answer) { return parse_prometheus_metric(answer.status, answer.body); };
    return std::make_shared<HttpFeed>(loop_, options_, std::move(*request), parse, callbacks_);
  }
  MadeFeed operator()(const config::CronSource& source) const {
    return std::make_shared<CronFeed>(loop_, options_, source, callbacks_);
  }

 private:
  http::EpollLoop& loop_;
  const core::ScaleRule& rule_;
  FeedOptions options_;
  const MetricCallbacks& callbacks_;
};

}  // namespace

std::expected<std::unique_ptr<MetricPoller>, std::string> MetricPoller::make(http::EpollLoop& loop,
                                                                             const config::AppConfig& config,
                                                                             const MetricCallbacks& callbacks) {
  auto poller = std::make_unique<MetricPoller>();
  for (const config::MetricSource& source : config.metric_sources) {
    auto feed = std::visit(FeedMaker{loop, config, source, callbacks}, source.from);
    if (!feed) {
      return std::unexpected(
          fmt::format("scale rule '{}': {}", config.core.scale.rules[source.rule].name, feed.error()));
    }
    poller->feeds_.push_back(std::move(*feed));
  }
  return poller;
}

void MetricPoller::start() {
  for (const auto& feed : feeds_) feed->start();
}

}  // namespace tenfold::live
