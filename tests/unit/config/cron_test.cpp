// Cron expressions and timetables, where the clocks change and where they do not.
#include "config/cron.hpp"

#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenfold::config {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_seconds;
using testing::ElementsAre;

// "2026-03-29T01:30:00Z"
sys_seconds at(const std::string& text) {
  const auto number = [&](std::size_t from, std::size_t size) { return std::stoi(text.substr(from, size)); };
  const auto date = std::chrono::year{number(0, 4)} / number(5, 2) / number(8, 2);
  return std::chrono::sys_days{date} + std::chrono::hours{number(11, 2)} + std::chrono::minutes{number(14, 2)} +
         std::chrono::seconds{number(17, 2)};
}

std::string text(sys_seconds instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{instant - day};
  return fmt::format("{}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

// The matches that follow `after`.
std::vector<std::string> matches(std::string_view cron, const std::string& after, int count,
                                 std::string_view zone = "UTC") {
  const auto expression = CronExpression::parse(cron);
  if (!expression) return {expression.error()};
  std::vector<std::string> result;
  sys_seconds now = at(after);
  for (int i = 0; i < count; ++i) {
    const auto next = expression->next(now, zone);
    result.push_back(next ? text(*next) : "never");
    if (!next) break;
    now = *next;
  }
  return result;
}

TEST(Cron, MatchesStrictlyAfterTheInstant) {
  EXPECT_THAT(matches("30 9 * * *", "2026-01-05T09:29:59Z", 2),
              ElementsAre("2026-01-05T09:30:00Z", "2026-01-06T09:30:00Z"));
  EXPECT_THAT(matches("* * * * *", "2026-12-31T23:59:00Z", 2),
              ElementsAre("2027-01-01T00:00:00Z", "2027-01-01T00:01:00Z"));
}

TEST(Cron, ReadsListsRangesStepsAndNames) {
  EXPECT_THAT(matches("0,15 8-9 * * *", "2026-01-05T00:00:00Z", 5),
              ElementsAre("2026-01-05T08:00:00Z", "2026-01-05T08:15:00Z", "2026-01-05T09:00:00Z",
                          "2026-01-05T09:15:00Z", "2026-01-06T08:00:00Z"));
  EXPECT_THAT(
      matches("5/25 * * * *", "2026-01-05T00:00:00Z", 4),
      ElementsAre("2026-01-05T00:05:00Z", "2026-01-05T00:30:00Z", "2026-01-05T00:55:00Z", "2026-01-05T01:05:00Z"));
  EXPECT_THAT(matches("0 */12 * * *", "2026-01-05T00:00:00Z", 2),
              ElementsAre("2026-01-05T12:00:00Z", "2026-01-06T00:00:00Z"));
  EXPECT_THAT(matches("10-20/5 0 * * *", "2026-01-05T00:00:00Z", 3),
              ElementsAre("2026-01-05T00:10:00Z", "2026-01-05T00:15:00Z", "2026-01-05T00:20:00Z"));
  EXPECT_THAT(matches("0 0 1 JAN,jul ?", "2026-01-05T00:00:00Z", 2),
              ElementsAre("2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z"));
  EXPECT_THAT(matches("0 0 * * mon-WED", "2026-01-08T00:00:00Z", 3),
              ElementsAre("2026-01-12T00:00:00Z", "2026-01-13T00:00:00Z", "2026-01-14T00:00:00Z"));
  EXPECT_THAT(matches("0 0 * * 0", "2026-01-05T00:00:00Z", 1), ElementsAre("2026-01-11T00:00:00Z")) << "Sunday";
  EXPECT_THAT(matches("0 0 29 2 *", "2026-01-05T00:00:00Z", 1), ElementsAre("2028-02-29T00:00:00Z"));
}

TEST(Cron, OfTwoRestrictedDaysEitherIsEnough) {
  // 2026-01-13 is a Tuesday, and the Fridays are 2, 9, 16.
  EXPECT_THAT(matches("0 0 13 * FRI", "2026-01-05T00:00:00Z", 3),
              ElementsAre("2026-01-09T00:00:00Z", "2026-01-13T00:00:00Z", "2026-01-16T00:00:00Z"));
  EXPECT_THAT(matches("0 0 13 * *", "2026-01-05T00:00:00Z", 2),
              ElementsAre("2026-01-13T00:00:00Z", "2026-02-13T00:00:00Z"));
}

TEST(Cron, ATimeThatTheClocksSkipDoesNotCome) {
  // 2026-03-29, 02:00 CET becomes 03:00 CEST.
  EXPECT_THAT(matches("30 2 * * *", "2026-03-28T00:00:00Z", 2, "Europe/Berlin"),
              ElementsAre("2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"));
  EXPECT_THAT(matches("30 * * * *", "2026-03-29T00:00:00Z", 3, "Europe/Berlin"),
              ElementsAre("2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z"))
      << "01:30 CET, 03:30 CEST, 04:30 CEST";
  EXPECT_THAT(matches("0 3 * * *", "2026-03-29T00:00:00Z", 1, "Europe/Berlin"), ElementsAre("2026-03-29T01:00:00Z"));
}

TEST(Cron, ATimeThatTheClocksRepeatComesTwice) {
  // 2026-10-25, 03:00 CEST becomes 02:00 CET.
  EXPECT_THAT(matches("30 2 * * *", "2026-10-24T12:00:00Z", 3, "Europe/Berlin"),
              ElementsAre("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"));
  EXPECT_THAT(matches("0 4 * * *", "2026-10-24T12:00:00Z", 2, "Europe/Berlin"),
              ElementsAre("2026-10-25T03:00:00Z", "2026-10-26T03:00:00Z"));
}

TEST(Cron, KnowsZonesOfOddOffsets) {
  EXPECT_THAT(matches("0 6 * * *", "2026-01-05T00:00:00Z", 1, "Asia/Kathmandu"), ElementsAre("2026-01-05T00:15:00Z"));
  EXPECT_THAT(matches("0 6 * * *", "2026-01-05T00:00:00Z", 1, "America/New_York"), ElementsAre("2026-01-05T11:00:00Z"));
}

// What robfig/cron lets pass.
TEST(Cron, ReadsWhatKedasParserReads) {
  const std::string from = "2026-01-05T00:00:00Z";
  EXPECT_THAT(matches("1,,2 * * * *", from, 2), ElementsAre("2026-01-05T00:01:00Z", "2026-01-05T00:02:00Z"));
  EXPECT_THAT(matches("+5 01 * * *", from, 1), ElementsAre("2026-01-05T01:05:00Z"));
  EXPECT_THAT(matches("*-5 * * * *", from, 1), ElementsAre("2026-01-05T00:01:00Z"));
  EXPECT_THAT(matches("*/100 * * * *", from, 2), ElementsAre("2026-01-05T01:00:00Z", "2026-01-05T02:00:00Z"));
  EXPECT_THAT(matches("1/70 0 * * *", from, 2), ElementsAre("2026-01-05T00:01:00Z", "2026-01-06T00:01:00Z"));
  EXPECT_THAT(matches("TZ=Asia/Kathmandu 0 6 * * *", from, 1, "Europe/Berlin"), ElementsAre("2026-01-05T00:15:00Z"));
  EXPECT_THAT(matches("CRON_TZ=Asia/Kathmandu 0 6 * * *", from, 1), ElementsAre("2026-01-05T00:15:00Z"));
}

TEST(Cron, WhatDoesNotComeInFiveYearsDoesNotCome) {
  EXPECT_THAT(matches("0 0 30 2 *", "2026-01-05T00:00:00Z", 1), ElementsAre("never"));
  EXPECT_THAT(matches("0 0 29 2 *", "2096-03-01T00:00:00Z", 1), ElementsAre("never")) << "2100 is no leap year";
}

TEST(Cron, SaysWhichFieldIsWrong) {
  const auto error = [](std::string_view cron) {
    const auto parsed = CronExpression::parse(cron);
    return parsed ? "" : parsed.error();
  };
  EXPECT_EQ(error("60 * * * *"), "'60' is no minute from 0 to 59 in cron '60 * * * *'");
  EXPECT_EQ(error("* 24 * * *"), "'24' is no hour from 0 to 23 in cron '* 24 * * *'");
  EXPECT_EQ(error("* * 0 * *"), "'0' is no day of the month from 1 to 31 in cron '* * 0 * *'");
  EXPECT_EQ(error("* * * JNA *"), "'JNA' is no month from 1 to 12 in cron '* * * JNA *'");
  EXPECT_EQ(error("* * * * 7"), "'7' is no day of the week from 0 to 6 in cron '* * * * 7'");
  EXPECT_EQ(error("*/0 * * * *"), "'0' is no step, a whole number from 1 on in cron '*/0 * * * *'");
  EXPECT_EQ(error("5-1 * * * *"), "the range '5-1' ends before it begins in cron '5-1 * * * *'");
  EXPECT_EQ(error("TZ=Mars/Olympus * * * * *"),
            "time zone 'Mars/Olympus' is not known in cron 'TZ=Mars/Olympus * * * * *'");
  EXPECT_EQ(error("* * * *"),
            "'* * * *' has 4 fields; cron has five: minute, hour, day of the month, month, day of the week");
  for (const char* wrong : {"", "@daily", "* * * * * *", "-5 * * * *", "1-2-3 * * * *", "*/-1 * * * *", "a * * * *",
                            "TZ=UTC", "* * * * FRI-MON"})
    EXPECT_NE(error(wrong), "") << wrong;
}

const CronSource kOffice{
    .time_zone = "Europe/Berlin", .start = "0 8 * * 1-5", .end = "0 18 * * 1-5", .desired_replicas = 10};

TEST(Schedule, IsOnFromAStartToTheNextEnd) {
  // 2026-01-05 is a Monday; Berlin is one hour ahead.
  EXPECT_EQ(schedule_value(kOffice, at("2026-01-05T06:59:59Z")), 0);
  EXPECT_EQ(schedule_value(kOffice, at("2026-01-05T07:00:00Z")), 10);
  EXPECT_EQ(schedule_value(kOffice, at("2026-01-05T16:59:59Z")), 10);
  EXPECT_EQ(schedule_value(kOffice, at("2026-01-05T17:00:00Z")), 0);
  EXPECT_EQ(schedule_value(kOffice, at("2026-01-10T12:00:00Z")), 0) << "Saturday";
}

TEST(Schedule, MayGoOverMidnight) {
  const CronSource night{.time_zone = "UTC", .start = "0 22 * * *", .end = "0 6 * * *", .desired_replicas = 3};
  EXPECT_EQ(schedule_value(night, at("2026-01-05T21:59:00Z")), 0);
  EXPECT_EQ(schedule_value(night, at("2026-01-05T23:00:00Z")), 3);
  EXPECT_EQ(schedule_value(night, at("2026-01-06T05:59:59Z")), 3);
  EXPECT_EQ(schedule_value(night, at("2026-01-06T06:00:00Z")), 0);
}

TEST(Schedule, KnowsWhenItChangesNext) {
  sys_seconds now = at("2026-01-09T12:00:00Z");
  for (const char* change : {"2026-01-09T17:00:00Z", "2026-01-12T07:00:00Z", "2026-01-12T17:00:00Z"}) {
    now = next_change(kOffice, now);
    EXPECT_EQ(text(now), change) << "Friday's end, and Monday";
  }
}

TEST(Schedule, ChangesOnlyWhereItsValueDoes) {
  // The starts within do not count; before 18:00 the next start comes first, and so it is off, as KEDA has it.
  const CronSource source{.time_zone = "UTC", .start = "*/20 * * * *", .end = "0 18 * * *", .desired_replicas = 2};
  sys_seconds now = at("2026-01-05T12:01:00Z");
  EXPECT_EQ(schedule_value(source, now), 0);
  now = next_change(source, now);
  EXPECT_EQ(text(now), "2026-01-05T17:40:00Z");
  EXPECT_EQ(schedule_value(source, now), 2);
  EXPECT_EQ(text(next_change(source, now)), "2026-01-05T18:00:00Z");
}

TEST(Schedule, LooksOnlyAheadAsKedaDoes) {
  const CronSource source{
      .time_zone = "Europe/Berlin", .start = "30 2 * * *", .end = "0 5 * * *", .desired_replicas = 4};
  EXPECT_EQ(schedule_value(source, at("2026-03-28T02:00:00Z")), 4);
  EXPECT_EQ(schedule_value(source, at("2026-03-28T04:00:00Z")), 4)
      << "05:00 CET: the next start is skipped, so an end comes first";
  EXPECT_EQ(text(next_change(source, at("2026-03-28T02:00:00Z"))), "2026-03-29T03:00:00Z");
  EXPECT_EQ(schedule_value(source, at("2026-10-25T00:45:00Z")), 0) << "02:45 CEST: the second 02:30 is still to come";
  EXPECT_EQ(schedule_value(source, at("2026-10-25T01:30:00Z")), 4) << "02:30 CET";
}

TEST(Schedule, WhatHardlyEverChangesIsAskedAgainWithinAYear) {
  const CronSource rare{.time_zone = "UTC", .start = "0 0 29 2 *", .end = "0 12 29 2 *", .desired_replicas = 4};
  const sys_seconds now = at("2026-03-02T00:00:00Z");
  EXPECT_EQ(schedule_value(rare, now), 0);
  EXPECT_EQ(next_change(rare, now), now + 24h * 366);
}

TEST(Schedule, FindsWhatKeepsItFromWorking) {
  const auto fault = [](std::string_view zone, std::string_view start, std::string_view end) {
    const auto found =
        find_fault({.time_zone = std::string{zone}, .start = std::string{start}, .end = std::string{end}});
    return found ? std::string{found->key} + ": " + found->what : "";
  };
  EXPECT_EQ(fault("UTC", "0 8 * * *", "0 9 * * *"), "");
  EXPECT_EQ(fault("Mars/Olympus", "0 8 * * *", "0 9 * * *"),
            "timezone: time zone 'Mars/Olympus' is not known; write one of the IANA database, Europe/Berlin");
  EXPECT_EQ(fault("../../etc/passwd", "0 8 * * *", "0 9 * * *").substr(0, 9), "timezone:");
  EXPECT_EQ(fault("UTC", "0 8 * * *", "0 8 * * *"), "end: it is the same as start");
  EXPECT_EQ(fault("UTC", "0 0 30 2 *", "0 8 * * *"), "start: cron '0 0 30 2 *' never comes");
  EXPECT_EQ(fault("UTC", "0 8 * * *", "x 8 * * *"), "end: 'x' is no minute from 0 to 59 in cron 'x 8 * * *'");
}

}  // namespace
}  // namespace tenfold::config
