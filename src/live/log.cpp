#include "live/log.hpp"

#include <ctime>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.hpp"
#include "http/problem.hpp"

namespace tenfold::live {

namespace {

std::string_view to_word(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::kError:
      return "error";
    case config::LogLevel::kWarning:
      return "warning";
    case config::LogLevel::kInfo:
      return "info";
  }
  return "unknown";
}

}  // namespace

std::string to_iso8601(std::chrono::system_clock::time_point time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto millisecond = std::chrono::floor<std::chrono::milliseconds>(time - second);
  const std::time_t unix_time = std::chrono::system_clock::to_time_t(second);
  std::tm parts{};
  ::gmtime_r(&unix_time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, millisecond.count());
}

std::string to_json_string(std::string_view text) {
  std::string out;
  http::append_json_string(out, to_utf8(text, "\uFFFD"));
  return out;
}

Log::Log(Console& console, SaidLines& lines, const config::LogSettings& settings, WallClock clock)
    : console_{console}, lines_{lines}, settings_{settings}, clock_{std::move(clock)} {}

void Log::say(config::LogLevel level, std::string_view sentence) {
  if (level > settings_.level) return;
  lines_.add({}, Console::Stream::kErr, sentence);
  if (settings_.format == config::LogFormat::kText) {
    console_.say(Console::Stream::kErr, fmt::format("tenfold: {}\n", sentence));
  } else {
    console_.say(Console::Stream::kErr, fmt::format("{{\"time\":\"{}\",\"level\":\"{}\",\"message\":{}}}\n",
                                                    to_iso8601(clock_()), to_word(level), to_json_string(sentence)));
  }
}

}  // namespace tenfold::live
