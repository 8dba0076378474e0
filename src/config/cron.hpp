// Timetables: cron expressions, and KEDA's cron scaler made of two of them.
//
// The expressions are those of KEDA's parser (robfig/cron v3.0.1 without seconds and descriptors) and so of Azure:
// minute, hour, day of month, month, day of week from 0, Sunday, to 6; `*` or `?`, numbers, names (JAN, MON), lists,
// ranges, steps; before them perhaps `TZ=Europe/Berlin`. If both days are restricted, either is enough. What that
// parser lets pass passes here: "1,,2", "+5", "*-5", "*/100". Times are those on the wall: one that daylight saving
// skips does not come, one that it repeats comes twice.
#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "config/app_config.hpp"

namespace tenfold::config {

class CronExpression {
 public:
  static std::expected<CronExpression, std::string> parse(std::string_view text);

  // The first match strictly after `after`, on the wall clocks of `time_zone`, which must be known, or of the zone that
  // the expression names. Nothing if there is none in this year and the next five: February 30.
  std::optional<std::chrono::sys_seconds> next(std::chrono::sys_seconds after, std::string_view time_zone) const;

 private:
  bool matches_day(std::chrono::local_days day) const;
  std::optional<std::chrono::minutes> first_minute(std::chrono::minutes from) const;
  std::optional<std::chrono::local_seconds> first_match(std::chrono::local_seconds from,
                                                        std::chrono::local_seconds until) const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;
  std::bitset<13> months_;
  std::bitset<7> weekdays_;
  bool is_any_day_ = false;
  bool is_any_weekday_ = false;
  std::string time_zone_;  // empty where the expression names none
};

// What keeps a timetable from working: a bad expression, a time zone that nobody knows, a start that never comes.
struct CronFault {
  std::string_view key;  // timezone, start, end
  std::string what;
};
std::optional<CronFault> find_fault(const CronSource& source);

// The replicas that the timetable asks for at that instant: desired_replicas from a match of `start` to the next one of
// `end`, else 0. As KEDA has it: within, unless the next start comes before the next end. The source must be without
// fault.
std::uint32_t schedule_value(const CronSource& source, std::chrono::sys_seconds now);

// The instant after `now` at which the value changes next; if that is more than a year away, an earlier one at which
// to ask again.
std::chrono::sys_seconds next_change(const CronSource& source, std::chrono::sys_seconds now);

}  // namespace tenfold::config
