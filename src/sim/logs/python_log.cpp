#include "sim/logs/python_log.hpp"

#include <algorithm>

#include "sim/logs/fields.hpp"

namespace tenfold::sim {

namespace {

// The time that a line begins with, in brackets or not; as much text as is one.
std::optional<LogTime> leading_time(std::string_view line) {
  if (line.starts_with('[')) line.remove_prefix(1);
  constexpr std::size_t kDate = 10;  // 2026-02-06
  if (line.size() < kDate + 2 || line[4] != '-' || line[7] != '-') return std::nullopt;
  const std::size_t clock_end = line.find_first_not_of("0123456789:.,", kDate + 1);
  std::string_view text = line.substr(0, clock_end);
  std::string_view rest = line.substr(text.size());
  if (text.ends_with(':')) text.remove_suffix(1);
  // The zone, if one follows.
  const std::string_view sign = rest.starts_with(' ') ? rest.substr(1) : rest;
  if (sign.starts_with('+') || sign.starts_with('-') || sign.starts_with('Z')) {
    const std::size_t zone_end = std::min(sign.find_first_not_of("+-0123456789:Z"), sign.size());
    const std::string_view with_zone{text.data(), static_cast<std::size_t>(sign.data() - text.data()) + zone_end};
    if (const auto time = parse_log_time(with_zone)) return time;
  }
  return parse_log_time(text);
}

}  // namespace

Reading read_python_log(std::string_view line, LogEntry& entry) {
  constexpr std::string_view kDash = " - \"";
  for (std::size_t at = line.find(kDash); at != std::string_view::npos; at = line.find(kDash, at + 1)) {
    Fields fields{line.substr(at + kDash.size() - 1)};
    const auto request = fields.quoted();
    const auto target = request ? target_of(*request) : std::nullopt;
    const auto status = target ? parse_status(fields.word()) : std::nullopt;
    if (!status) continue;
    const auto time = leading_time(line);
    entry = {.moment = Moment::kEnd, .status = *status, .target = *target};
    if (!time) return Reading::kTimeless;
    entry.at = time->at;
    entry.within = time->within;
    return Reading::kRequest;
  }
  // Another message of the same logger: it begins with a level or a time.
  for (const std::string_view level : {"INFO:", "WARNING:", "ERROR:", "DEBUG:", "CRITICAL:", "TRACE:"}) {
    if (line.starts_with(level)) return Reading::kOther;
  }
  return leading_time(line) ? Reading::kOther : Reading::kUnread;
}

}  // namespace tenfold::sim
