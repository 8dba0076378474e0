#include "config/cron.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <span>
#include <stdexcept>
#include <vector>

#include <date/tz.h>
#include <fmt/format.h>

namespace tenfold::config {

namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::minutes;
using std::chrono::sys_seconds;

// Of robfig/cron: what does not come in this year and the next five does not come.
constexpr std::chrono::years kYearsAhead{6};
constexpr days kNever{3653};
constexpr days kYear{366};
// Of next_change: a start every minute may come a thousand times before an end.
constexpr int kMaxSteps = 10'000;

constexpr std::array<std::string_view, 12> kMonths{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                   "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

struct FieldKind {
  std::string_view name;
  unsigned least;
  unsigned most;
  std::span<const std::string_view> words = {};  // the first means `least`
};
constexpr std::array<FieldKind, 5> kFields{{{"minute", 0, 59},
                                            {"hour", 0, 23},
                                            {"day of the month", 1, 31},
                                            {"month", 1, 12, kMonths},
                                            {"day of the week", 0, 6, kWeekdays}}};

// No field has a value as large.
constexpr std::int64_t kMostOfAll = 60;

struct Field {
  std::bitset<64> values;
  // `*` or `?` without a step: the field does not restrict anything.
  bool is_any = false;
};

std::string upper(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

// A whole number from 0 on, as Go reads one: with a plus before it, too.
std::optional<std::int64_t> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with('-')) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  return is_number ? std::optional{value} : std::nullopt;
}

std::optional<unsigned> parse_value(std::string_view text, const FieldKind& kind) {
  const auto word = std::ranges::find(kind.words, upper(text));
  if (word != kind.words.end()) return kind.least + static_cast<unsigned>(word - kind.words.begin());
  const auto value = parse_number(text);
  if (!value || *value < kind.least || *value > kind.most) return std::nullopt;
  return static_cast<unsigned>(*value);
}

std::unexpected<std::string> bad_value(std::string_view text, const FieldKind& kind) {
  return std::unexpected(fmt::format("'{}' is no {} from {} to {}", text, kind.name, kind.least, kind.most));
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find_first_of(separators);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

struct Range {
  unsigned first;
  unsigned last;
};

// "*-5" is "*": what stands behind a star is not looked at.
bool is_star(std::string_view text) {
  const std::string_view first = text.substr(0, text.find('-'));
  return first == "*" || first == "?";
}

std::expected<Range, std::string> parse_range(std::string_view text, const FieldKind& kind, bool has_step) {
  if (is_star(text)) return Range{kind.least, kind.most};
  const std::size_t dash = text.find('-');
  const auto first = parse_value(text.substr(0, dash), kind);
  if (!first) return bad_value(text.substr(0, dash), kind);
  // "5/15" is every 15 from 5 on.
  if (dash == std::string_view::npos) return Range{*first, has_step ? kind.most : *first};
  const auto end = parse_value(text.substr(dash + 1), kind);
  if (!end) return bad_value(text.substr(dash + 1), kind);
  if (*end < *first) return std::unexpected(fmt::format("the range '{}' ends before it begins", text));
  return Range{*first, *end};
}

std::expected<void, std::string> add_part(Field& field, std::string_view part, const FieldKind& kind) {
  const std::size_t slash = part.find('/');
  const std::string_view base = part.substr(0, slash);
  std::int64_t step = 1;
  if (slash != std::string_view::npos) {
    const auto parsed = parse_number(part.substr(slash + 1));
    if (!parsed || *parsed == 0)
      return std::unexpected(fmt::format("'{}' is no step, a whole number from 1 on", part.substr(slash + 1)));
    step = *parsed;
  }
  const auto range = parse_range(base, kind, slash != std::string_view::npos);
  if (!range) return std::unexpected(range.error());
  for (std::int64_t value = range->first; value <= range->last; value += std::min<std::int64_t>(step, kMostOfAll))
    field.values.set(static_cast<std::size_t>(value));
  field.is_any |= is_star(base) && step == 1;
  return {};
}

// Commas with nothing between them count as one.
std::expected<Field, std::string> parse_field(std::string_view text, const FieldKind& kind) {
  Field field;
  for (const std::string_view part : split(text, ",")) {
    if (part.empty()) continue;
    if (auto added = add_part(field, part, kind); !added) return std::unexpected(added.error());
  }
  return field;
}

template <std::size_t size>
std::bitset<size> cut(const std::bitset<64>& values) {
  return std::bitset<size>{values.to_ullong() & ((1ULL << size) - 1)};
}

const date::time_zone* find_zone(std::string_view name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

// After which the source's value may change: the next start or end.
struct Next {
  sys_seconds start;
  sys_seconds end;
};

class Timetable {
 public:
  explicit Timetable(const CronSource& source)
      : start_{CronExpression::parse(source.start)}, end_{CronExpression::parse(source.end)}, source_{source} {}

  Next next(sys_seconds now) const {
    const auto never = now + kNever;
    if (!start_ || !end_) return {never, never};
    return {start_->next(now, source_.time_zone).value_or(never), end_->next(now, source_.time_zone).value_or(never)};
  }
  static bool is_within(const Next& next) { return next.start >= next.end; }

 private:
  std::expected<CronExpression, std::string> start_;
  std::expected<CronExpression, std::string> end_;
  const CronSource& source_;
};

}  // namespace

std::expected<CronExpression, std::string> CronExpression::parse(std::string_view text) {
  CronExpression expression;
  std::string_view rest = text;
  if (text.starts_with("TZ=") || text.starts_with("CRON_TZ=")) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::size_t equals = text.find('=');
    expression.time_zone_ = text.substr(equals + 1, end - equals - 1);
    rest = text.substr(end);
    if (find_zone(expression.time_zone_) == nullptr)
      return std::unexpected(fmt::format("time zone '{}' is not known in cron '{}'", expression.time_zone_, text));
  }
  std::vector<std::string_view> words = split(rest, " \t\n\v\f\r");
  std::erase(words, std::string_view{});
  if (words.size() != kFields.size()) {
    return std::unexpected(
        fmt::format("'{}' has {} fields; cron has five: minute, hour, day of the month, month, day of the week", text,
                    words.size()));
  }
  std::array<Field, kFields.size()> fields;
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    auto field = parse_field(words[i], kFields[i]);
    if (!field) return std::unexpected(fmt::format("{} in cron '{}'", field.error(), text));
    fields[i] = *field;
  }
  expression.minutes_ = cut<60>(fields[0].values);
  expression.hours_ = cut<24>(fields[1].values);
  expression.days_ = cut<32>(fields[2].values);
  expression.months_ = cut<13>(fields[3].values);
  expression.weekdays_ = cut<7>(fields[4].values);
  expression.is_any_day_ = fields[2].is_any;
  expression.is_any_weekday_ = fields[4].is_any;
  return expression;
}

bool CronExpression::matches_day(local_days day) const {
  const std::chrono::year_month_day date{day};
  const bool is_day = days_.test(static_cast<unsigned>(date.day()));
  const bool is_weekday = weekdays_.test(std::chrono::weekday{day}.c_encoding());
  return is_any_day_ || is_any_weekday_ ? is_day && is_weekday : is_day || is_weekday;
}

std::optional<minutes> CronExpression::first_minute(minutes from) const {
  for (auto at = static_cast<std::size_t>(from.count()); at < 24UL * 60; ++at) {
    if (hours_.test(at / 60) && minutes_.test(at % 60)) return minutes{static_cast<minutes::rep>(at)};
  }
  return std::nullopt;
}

std::optional<local_seconds> CronExpression::first_match(local_seconds from, local_seconds until) const {
  const auto first = std::chrono::ceil<minutes>(from);
  const auto first_day = std::chrono::floor<days>(first);
  for (local_days day = first_day; day < until;) {
    const std::chrono::year_month_day date{day};
    if (!months_.test(static_cast<unsigned>(date.month()))) {
      day = local_days{date.year() / date.month() / 1 + std::chrono::months{1}};
      continue;
    }
    if (matches_day(day)) {
      const auto at = first_minute(day == first_day ? first - day : minutes{0});
      if (at) return day + *at < until ? std::optional{local_seconds{day + *at}} : std::nullopt;
    }
    day += days{1};
  }
  return std::nullopt;
}

std::optional<sys_seconds> CronExpression::next(sys_seconds after, std::string_view time_zone) const {
  const date::time_zone* zone = find_zone(time_zone_.empty() ? time_zone : time_zone_);
  if (!zone) return std::nullopt;
  const sys_seconds first = after + std::chrono::seconds{1};
  const auto local_year =
      std::chrono::year_month_day{
          std::chrono::floor<days>(local_seconds{first.time_since_epoch() + zone->get_info(first).offset})}
          .year();
  // Wall time, which is as good as any: nothing comes on New Year's Eve for the first time in six years.
  const sys_seconds horizon{local_days{(local_year + kYearsAhead) / 1 / 1}.time_since_epoch()};
  // Between two changes of the clocks, wall time is plain arithmetic; so nothing special is to be done where they
  // change.
  for (sys_seconds from = first; from < horizon;) {
    const date::sys_info info = zone->get_info(from);
    const sys_seconds until = std::min(info.end, horizon);
    const auto local = [&](sys_seconds at) { return local_seconds{at.time_since_epoch() + info.offset}; };
    if (const auto match = first_match(local(from), local(until)))
      return sys_seconds{match->time_since_epoch() - info.offset};
    from = until;
  }
  return std::nullopt;
}

std::optional<CronFault> find_fault(const CronSource& source) {
  if (!find_zone(source.time_zone)) {
    return CronFault{
        "timezone",
        fmt::format("time zone '{}' is not known; write one of the IANA database, Europe/Berlin", source.time_zone)};
  }
  // Any instant will do; this one makes the answer the same every day.
  constexpr sys_seconds kAny{};
  for (const auto& [key, text] : {std::pair{std::string_view{"start"}, &source.start}, {"end", &source.end}}) {
    const auto expression = CronExpression::parse(*text);
    if (!expression) return CronFault{key, expression.error()};
    if (!expression->next(kAny, source.time_zone)) return CronFault{key, fmt::format("cron '{}' never comes", *text)};
  }
  if (source.start == source.end) return CronFault{"end", "it is the same as start"};
  return std::nullopt;
}

std::uint32_t schedule_value(const CronSource& source, sys_seconds now) {
  return Timetable::is_within(Timetable{source}.next(now)) ? source.desired_replicas : 0;
}

sys_seconds next_change(const CronSource& source, sys_seconds now) {
  const Timetable timetable{source};
  const sys_seconds latest = now + kYear;
  Next next = timetable.next(now);
  const bool is_within = Timetable::is_within(next);
  for (int step = 0; step < kMaxSteps; ++step) {
    const sys_seconds at = std::min(next.start, next.end);
    if (at >= latest) return latest;
    next = timetable.next(at);
    if (Timetable::is_within(next) != is_within) return at;
  }
  return std::min(std::min(next.start, next.end), latest);
}

}  // namespace tenfold::config
