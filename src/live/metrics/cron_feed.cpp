#include "live/metrics/cron_feed.hpp"

#include <algorithm>
#include <utility>

#include "config/cron.hpp"

namespace tenfold::live {

namespace {

// The wall clock may be set: then a timer that waits for a change of the timetable is wrong by as much.
constexpr core::Duration kLongestPause = std::chrono::seconds{30};
constexpr core::Duration kShortestPause = std::chrono::milliseconds{100};

}  // namespace

CronFeed::CronFeed(http::EpollLoop& loop, FeedOptions options, config::CronSource source, MetricCallbacks callbacks)
    : options_{std::move(options)}, source_{std::move(source)}, callbacks_{std::move(callbacks)}, timer_{loop} {}

void CronFeed::look() {
  using std::chrono::floor;
  using std::chrono::seconds;
  const auto now = std::chrono::system_clock::now();
  const std::chrono::sys_seconds second = floor<seconds>(now);
  callbacks_.observed(
      {.rule = options_.rule, .is_valid = true, .value = static_cast<double>(config::schedule_value(source_, second))});
  // A value is renewed before it is too old to count.
  const core::Duration longest = std::min(kLongestPause, options_.keep / 2);
  // At most a minute: a change that never comes lies further off than nanoseconds count.
  const seconds until_change = std::min(config::next_change(source_, second) - second, seconds{60});
  core::Duration pause = longest;
  if (until_change < longest) pause = std::min(longest, core::Duration{until_change} - (now - second));
  timer_.expires_after(std::max(pause, kShortestPause));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (self && !error) self->look();
  });
}

}  // namespace tenfold::live
