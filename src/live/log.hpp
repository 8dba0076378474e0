// What Tenfold says of itself while it serves: sentences with a level, as text or as JSON lines.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "config/app_config.hpp"
#include "live/clock.hpp"
#include "live/console.hpp"
#include "live/said/said_lines.hpp"

namespace tenfold::live {

// "2026-11-29T18:40:01.123Z"
std::string to_iso8601(std::chrono::system_clock::time_point time);

// As a JSON string with its quotes; what is no UTF-8 becomes U+FFFD.
std::string to_json_string(std::string_view text);

// On the loop's thread. As text a line is the sentence behind "tenfold: "; as JSON an object with `time`, `level` and
// `message`. It never waits for a reader: see Console. What is said is also among the lines that are kept.
class Log {
 public:
  // Everything is borrowed.
  Log(Console& console, SaidLines& lines, const config::LogSettings& settings, WallClock clock);

  void configure(const config::LogSettings& settings) { settings_ = settings; }

  void info(std::string_view sentence) { say(config::LogLevel::kInfo, sentence); }
  void warning(std::string_view sentence) { say(config::LogLevel::kWarning, sentence); }
  void error(std::string_view sentence) { say(config::LogLevel::kError, sentence); }

 private:
  void say(config::LogLevel level, std::string_view sentence);

  Console& console_;
  SaidLines& lines_;
  config::LogSettings settings_;
  WallClock clock_;
};

}  // namespace tenfold::live
