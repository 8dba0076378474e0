// The values of custom and schedule rules, fetched while a service runs.
//
//   auto poller = MetricPoller::make(loop, config, {.observed = ..., .said = ...});
//   (*poller)->start();
//
// A source over HTTP is asked at once and then every polling interval, counted from question to question; a timetable
// is looked at at once, at each change, and every half minute, for the wall clock may jump.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/app_config.hpp"
#include "core/events.hpp"
#include "http/epoll_loop.hpp"
#include "http/poller.hpp"

namespace tenfold::live {

// What a poller tells, always from the loop.
struct MetricCallbacks {
  // Each value as it comes, and each failure to get one.
  std::function<void(const core::MetricObserved& metric)> observed;
  // A sentence for the operator: once when a source begins to fail, and once when it is back.
  std::function<void(const std::string& sentence)> said;
};

// One source.
class MetricFeed {
 public:
  virtual ~MetricFeed() = default;
  virtual void start() = 0;
};

// Lives on the loop's thread. Once destroyed it tells nothing.
class MetricPoller {
 public:
  // For all metric sources of `config`, which need not outlive it. The error names the rule whose source cannot be
  // asked, and what to do.
  static std::expected<std::unique_ptr<MetricPoller>, std::string> make(http::EpollLoop& loop,
                                                                        const config::AppConfig& config,
                                                                        const MetricCallbacks& callbacks);

  void start();

 private:
  std::vector<std::shared_ptr<MetricFeed>> feeds_;
};

}  // namespace tenfold::live
