// The parts of a log's line: words, quoted strings, times, request lines.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace tenfold::sim {

// Goes through a line from its left to its right.
class Fields {
 public:
  explicit Fields(std::string_view line) : rest_{line} {}

  std::string_view rest() const { return rest_; }
  bool is_at_end() const { return rest_.empty(); }
  // Whether `text` comes next; if so, it is passed.
  bool skip(std::string_view text);
  void skip_blanks();
  // Up to the next blank or the line's end, without the blanks before it; empty at the end.
  std::string_view word();
  // What stands between the next two quotes, which must come now; \" is no end. Nothing if it is not closed.
  std::optional<std::string_view> quoted();
  // Up to the next `end`, which is passed too. Nothing if there is none.
  std::optional<std::string_view> until(char end);

 private:
  std::string_view rest_;
};

struct LogTime {
  core::Duration at{};      // since 1970
  core::Duration within{};  // how much later it may have been: what is below its last digit, down to a millisecond
  friend bool operator==(const LogTime&, const LogTime&) = default;
};

// As the Common Log Format has it, 06/Feb/2009:12:14:14 +0100, also with a fraction and without a zone, which is UTC.
std::optional<LogTime> parse_clf_time(std::string_view text);

// As in ISO 8601, with "," or "." before the fraction, a blank before the zone, or the word UTC for it; or as Azure's
// portal exports it, 7/13/2026, 8:38:15.851 PM, in UTC.
std::optional<LogTime> parse_log_time(std::string_view text);

// Since 1970, in seconds, milliseconds, microseconds or nanoseconds: which of them follows from its size. Or as above.
std::optional<LogTime> parse_stamp(std::string_view text);

// The target of "POST /solve?seed=7 HTTP/1.1"; nothing of what is no such line.
std::optional<std::string_view> target_of(std::string_view request_line);

// 100 to 599, nothing else.
std::optional<int> parse_status(std::string_view text);

// A whole number and nothing behind it.
std::optional<std::uint64_t> parse_whole(std::string_view text);

// Milliseconds as a number, not negative, below 31 years.
std::optional<core::Duration> parse_milliseconds(std::string_view text);

// The cells of a line of CSV as in RFC 4180: a quoted one may hold commas, and two quotes stand for one. `cells` is
// used again.
void split_csv(std::string_view line, std::vector<std::string>& cells);

}  // namespace tenfold::sim
