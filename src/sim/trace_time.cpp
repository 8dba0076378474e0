#include "sim/trace_time.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace tenfold::sim {

namespace {

using namespace std::chrono_literals;

// Seconds that a time may have: until the year 2255, what nanoseconds reach. More are likely milliseconds.
constexpr std::uint64_t kMostSeconds = 9'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class T>
bool take_number(std::string_view& text, std::size_t digits, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + std::min(digits, text.size()), number);
  if (error != std::errc{} || end != text.data() + digits) return false;
  text.remove_prefix(digits);
  return true;
}

// Z, +02:00, or nothing, which is UTC: what the time is ahead of it. Takes it off the text's end.
std::optional<core::Duration> take_zone(std::string_view& text) {
  if (text.ends_with('Z')) {
    text.remove_suffix(1);
    return core::Duration{};
  }
  const std::size_t sign = text.find_last_of("+-");
  if (sign == std::string_view::npos) return core::Duration{};
  std::string_view zone = text.substr(sign + 1);
  int hours = 0;
  int minutes = 0;
  if (!take_number(zone, 2, hours)) return std::nullopt;
  if (zone.starts_with(':')) zone.remove_prefix(1);
  if (!take_number(zone, 2, minutes) || !zone.empty() || hours > 23 || minutes > 59) return std::nullopt;
  const core::Duration ahead = std::chrono::hours{hours} + std::chrono::minutes{minutes};
  const bool is_behind = text[sign] == '-';
  text = text.substr(0, sign);
  return is_behind ? -ahead : ahead;
}

// 2026-11-24T12:34:56.789Z, since 1970; a blank may stand for the T.
std::optional<core::Duration> iso_time_of(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  const auto separator = [&text](std::string_view any) {
    if (text.empty() || any.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
  };
  if (!take_number(text, 4, year) || !separator("-") || !take_number(text, 2, month) || !separator("-") ||
      !take_number(text, 2, day) || !separator("T ") || !take_number(text, 2, hour) || !separator(":") ||
      !take_number(text, 2, minute) || !separator(":")) {
    return std::nullopt;
  }
  const auto ahead = take_zone(text);
  const auto second = parse_seconds(text);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  // 60 is a leap second.
  if (!ahead || !second || *second >= 61s || !date.ok() || hour > 23 || minute > 59) return std::nullopt;
  if (year < 1970 || year > 2250) return std::nullopt;
  return std::chrono::sys_days{date}.time_since_epoch() + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         *second - *ahead;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<core::Duration> parse_seconds(std::string_view text) {
  const std::string_view whole = text.substr(0, text.find('.'));
  const std::string_view fraction = text.substr(std::min(whole.size() + 1, text.size()));
  if (whole.empty() || !std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(fraction, is_digit)) {
    const auto number = parse_number(text);  // 1e3
    if (!number || *number < 0 || *number >= static_cast<double>(kMostSeconds)) return std::nullopt;
    return core::Duration{static_cast<core::Duration::rep>(std::llround(*number * 1e9))};
  }
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), seconds);
  if (error != std::errc{} || seconds >= kMostSeconds) return std::nullopt;
  std::int64_t ns = 0;
  for (std::size_t i = 0; i < 9; ++i) ns = ns * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  return std::chrono::seconds{seconds} + core::Duration{ns};
}

std::optional<core::Duration> parse_time(std::string_view text) {
  const auto seconds = parse_seconds(text);
  return seconds ? seconds : iso_time_of(text);
}

}  // namespace tenfold::sim
