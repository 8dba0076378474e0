#include "sim/logs/fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "sim/trace_time.hpp"

namespace tenfold::sim {

namespace {

using namespace std::chrono_literals;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes one or more digits, at most `most`, off the front.
std::optional<int> take_int(std::string_view& text, std::size_t most) {
  std::size_t digits = 0;
  int number = 0;
  for (; digits < std::min(most, text.size()) && is_digit(text[digits]); ++digits) {
    number = number * 10 + (text[digits] - '0');
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// A fraction with its point, if one comes: its value, and what one of its last digit is worth.
LogTime take_fraction(std::string_view& text) {
  if (!text.starts_with('.') && !text.starts_with(',')) return {.within = 1s};
  text.remove_prefix(1);
  core::Duration unit = 1s;
  core::Duration value{};
  while (!text.empty() && is_digit(text.front())) {
    unit /= 10;
    value += unit * (text.front() - '0');
    text.remove_prefix(1);
  }
  // Below a millisecond nobody looks.
  return {.at = value, .within = unit > 1ms ? unit : core::Duration{}};
}

// Z, UTC, +0100, +01:00 or nothing: what the time is ahead of UTC. It must be all that is left.
std::optional<core::Duration> take_zone(std::string_view text) {
  while (take(text, ' ')) {
  }
  if (text.empty() || text == "Z" || text == "UTC") return core::Duration{};
  const bool is_behind = text.front() == '-';
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  if (text.size() < 4) return std::nullopt;
  std::string_view hours_text = text.substr(0, 2);
  text.remove_prefix(2);
  take(text, ':');
  std::string_view minutes_text = text.substr(0, 2);
  text.remove_prefix(std::min<std::size_t>(2, text.size()));
  const auto hours = take_int(hours_text, 2);
  const auto minutes = take_int(minutes_text, 2);
  if (!hours || !minutes || !hours_text.empty() || !minutes_text.empty() || *hours > 23 || *minutes > 59)
    return std::nullopt;
  if (!text.empty() && text != " UTC") return std::nullopt;  // as Go prints a time
  const core::Duration ahead = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
  return is_behind ? -ahead : ahead;
}

struct Date {
  int year = 0;
  int month = 0;
  int day = 0;
};

std::optional<core::Duration> day_of(const Date& date) {
  const std::chrono::year_month_day day{std::chrono::year{date.year},
                                        std::chrono::month{static_cast<unsigned>(date.month)},
                                        std::chrono::day{static_cast<unsigned>(date.day)}};
  if (!day.ok() || date.year < 1970 || date.year > 2250) return std::nullopt;
  return std::chrono::sys_days{day}.time_since_epoch();
}

struct Clock {
  core::Duration since_midnight{};
  core::Duration within{};
};

// 13:55:36 with or without a fraction.
std::optional<Clock> take_clock(std::string_view& text) {
  const auto hour = take_int(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_int(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_int(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const LogTime fraction = take_fraction(text);
  return Clock{.since_midnight = std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
                                 std::chrono::seconds{*second} + fraction.at,
               .within = fraction.within};
}

std::optional<LogTime> iso_time_of(std::string_view text) {
  const auto year = take_int(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_int(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_int(text, 2);
  if (!day || (!take(text, 'T') && !take(text, ' '))) return std::nullopt;
  const auto clock = take_clock(text);
  const auto date = day_of({.year = *year, .month = *month, .day = *day});
  const auto ahead = take_zone(text);
  if (!clock || !date || !ahead) return std::nullopt;
  return LogTime{.at = *date + clock->since_midnight - *ahead, .within = clock->within};
}

// 7/13/2026, 8:38:15.851 PM
std::optional<LogTime> portal_time_of(std::string_view text) {
  const auto month = take_int(text, 2);
  if (!month || !take(text, '/')) return std::nullopt;
  const auto day = take_int(text, 2);
  if (!day || !take(text, '/')) return std::nullopt;
  const auto year = take_int(text, 4);
  if (!year || !take(text, ',') || !take(text, ' ')) return std::nullopt;
  auto clock = take_clock(text);
  const auto date = day_of({.year = *year, .month = *month, .day = *day});
  if (!clock || !date) return std::nullopt;
  if (text == " AM" || text == " PM") {
    clock->since_midnight %= 12h;
    if (text == " PM") clock->since_midnight += 12h;
  } else if (!text.empty()) {
    return std::nullopt;
  }
  return LogTime{.at = *date + clock->since_midnight, .within = clock->within};
}

constexpr auto kMonths = std::to_array<std::string_view>(
    {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"});

}  // namespace

bool Fields::skip(std::string_view text) {
  if (!rest_.starts_with(text)) return false;
  rest_.remove_prefix(text.size());
  return true;
}

void Fields::skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }

std::string_view Fields::word() {
  skip_blanks();
  const std::string_view word = rest_.substr(0, rest_.find(' '));
  rest_.remove_prefix(word.size());
  return word;
}

std::optional<std::string_view> Fields::quoted() {
  if (!rest_.starts_with('"')) return std::nullopt;
  for (std::size_t i = 1; i < rest_.size(); ++i) {
    if (rest_[i] == '\\') {
      ++i;
    } else if (rest_[i] == '"') {
      const std::string_view text = rest_.substr(1, i - 1);
      rest_.remove_prefix(i + 1);
      return text;
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> Fields::until(char end) {
  const std::size_t at = rest_.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view text = rest_.substr(0, at);
  rest_.remove_prefix(at + 1);
  return text;
}

std::optional<LogTime> parse_clf_time(std::string_view text) {
  const auto day = take_int(text, 2);
  if (!day || !take(text, '/')) return std::nullopt;
  const auto month = std::ranges::find(kMonths, text.substr(0, 3));
  if (month == kMonths.end()) return std::nullopt;
  text.remove_prefix(3);
  if (!take(text, '/')) return std::nullopt;
  const auto year = take_int(text, 4);
  if (!year || !take(text, ':')) return std::nullopt;
  const auto clock = take_clock(text);
  const auto date = day_of({.year = *year, .month = static_cast<int>(month - kMonths.begin()) + 1, .day = *day});
  const auto ahead = take_zone(text);
  if (!clock || !date || !ahead) return std::nullopt;
  return LogTime{.at = *date + clock->since_midnight - *ahead, .within = clock->within};
}

std::optional<LogTime> parse_log_time(std::string_view text) {
  const auto iso = iso_time_of(text);
  return iso ? iso : portal_time_of(text);
}

std::optional<LogTime> parse_stamp(std::string_view text) {
  const std::string_view whole = text.substr(0, text.find('.'));
  if (whole.empty() || !std::ranges::all_of(whole, is_digit)) return parse_log_time(text);
  // As many digits as a second of the years 2001 to 2286 has, in each of the units.
  constexpr std::size_t kSeconds = 10;
  if (whole.size() <= kSeconds) {
    const auto seconds = parse_seconds(text);
    if (!seconds) return std::nullopt;
    return LogTime{.at = *seconds, .within = whole.size() == text.size() ? core::Duration{1s} : core::Duration{}};
  }
  const auto number = parse_whole(text);
  if (!number) return std::nullopt;
  const std::size_t digits = whole.size() - kSeconds;
  const core::Duration unit = digits <= 3 ? core::Duration{1ms} : digits <= 6 ? core::Duration{1us} : 1ns;
  if (*number > static_cast<std::uint64_t>(INT64_MAX / unit.count())) return std::nullopt;
  return LogTime{.at = unit * static_cast<std::int64_t>(*number)};
}

std::optional<std::string_view> target_of(std::string_view request_line) {
  Fields fields{request_line};
  const std::string_view method = fields.word();
  const std::string_view target = fields.word();
  fields.skip_blanks();
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; };
  if (method.empty() || target.empty() || !std::ranges::all_of(method, is_letter)) return std::nullopt;
  if (!fields.rest().starts_with("HTTP/")) return std::nullopt;
  return target;
}

std::optional<int> parse_status(std::string_view text) {
  if (text.size() != 3) return std::nullopt;
  const auto status = take_int(text, 3);
  return status && text.empty() && *status >= 100 && *status <= 599 ? status : std::nullopt;
}

std::optional<std::uint64_t> parse_whole(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_all = error == std::errc{} && end == text.data() + text.size();
  return is_all ? std::optional{number} : std::nullopt;
}

std::optional<core::Duration> parse_milliseconds(std::string_view text) {
  constexpr double kMost = 1e12;
  const auto number = parse_number(text);
  if (!number || *number < 0 || *number > kMost) return std::nullopt;
  return core::Duration{static_cast<core::Duration::rep>(std::llround(*number * 1e6))};
}

void split_csv(std::string_view line, std::vector<std::string>& cells) {
  std::size_t count = 0;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (count == cells.size()) cells.emplace_back();
    std::string& cell = cells[count++];
    cell.clear();
    const bool is_quoted = i < line.size() && line[i] == '"';
    if (!is_quoted) {
      const std::size_t end = std::min(line.find(',', i), line.size());
      cell.assign(line.substr(i, end - i));
      i = end;
      continue;
    }
    for (++i; i < line.size(); ++i) {
      if (line[i] != '"') {
        cell.push_back(line[i]);
      } else if (i + 1 < line.size() && line[i + 1] == '"') {
        cell.push_back('"');
        ++i;
      } else {
        break;
      }
    }
    i = std::min(line.find(',', i), line.size());
  }
  cells.resize(count);
}

}  // namespace tenfold::sim
