#include "sim/trace.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/units.hpp"
#include "sim/csv.hpp"
#include "sim/trace_time.hpp"

namespace tenfold::sim {

namespace {

std::optional<core::Duration> span_of(std::string_view text) {
  if (const auto seconds = parse_seconds(text)) return seconds;
  const auto parsed = config::parse_duration(text);
  return parsed ? std::optional{*parsed} : std::nullopt;
}

struct Columns {
  std::size_t time = 0;
  std::optional<std::size_t> service;
  std::optional<std::size_t> klass;
};

class TraceParser {
 public:
  explicit TraceParser(ClassNames& classes) : classes_{classes} {}

  std::optional<std::string> take(std::string_view line, bool is_first) {
    const std::vector<std::string_view> cells = cells_of(line);
    if (is_first) {
      if (take_header(cells)) return std::nullopt;
      if (cells.size() > 1) columns_.service = 1;
    }
    if (cells.size() <= columns_.time) return "the line has no time";
    const auto at = parse_time(cells[columns_.time]);
    if (!at) return no_time(cells[columns_.time], is_first);
    if (!begin_) begin_ = *at;
    Arrival arrival{.at = core::TimePoint{*at - *begin_}};
    if (!trace_.arrivals.empty() && arrival.at < trace_.arrivals.back().at)
      return "the time lies before that of the line above; sort the file";
    if (columns_.service && cells.size() > *columns_.service && !cells[*columns_.service].empty()) {
      arrival.service = span_of(cells[*columns_.service]);
      if (!arrival.service)
        return fmt::format("'{}' is no service time; write seconds, or 250ms", cells[*columns_.service]);
    }
    if (columns_.klass && cells.size() > *columns_.klass) arrival.klass = classes_.number_of(cells[*columns_.klass]);
    if (trace_.arrivals.size() >= kMostArrivals) return "the trace has more than 50 million arrivals";
    trace_.arrivals.push_back(arrival);
    return std::nullopt;
  }

  Trace finish() { return std::move(trace_); }

 private:
  static std::string no_time(std::string_view cell, bool is_first) {
    const std::string_view hint = is_first ? "; a header needs a column t, time, timestamp, arrival or at" : "";
    return fmt::format("'{}' is no time; write seconds, or 2026-11-24T12:34:56.789Z{}", cell, hint);
  }

  // Whether it was one.
  bool take_header(const std::vector<std::string_view>& cells) {
    constexpr auto kTimes = std::to_array<std::string_view>({"t", "time", "timestamp", "arrival", "at"});
    std::optional<std::size_t> time;
    Columns columns;
    std::vector<std::string_view> unused;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string name = lower(cells[i]);
      if (!time && std::ranges::find(kTimes, name) != kTimes.end()) {
        time = i;
      } else if (!columns.service && (name == "service" || name == "duration")) {
        columns.service = i;
      } else if (!columns.klass && (name == "class" || name == "path")) {
        columns.klass = i;
      } else {
        unused.push_back(cells[i]);
      }
    }
    if (!time) return false;
    columns.time = *time;
    columns_ = columns;
    if (!unused.empty())
      trace_.notes.push_back(fmt::format("of the trace these columns are not used: {}", fmt::join(unused, ", ")));
    return true;
  }

  ClassNames& classes_;
  Columns columns_;
  std::optional<core::Duration> begin_;
  Trace trace_;
};

}  // namespace

std::expected<Trace, std::string> parse_trace(std::string_view text, std::string_view file, ClassNames& classes) {
  TraceParser parser{classes};
  bool is_first = true;
  const auto read = for_each_line(text, file, [&](std::string_view line, std::size_t) {
    return parser.take(line, std::exchange(is_first, false));
  });
  if (!read) return std::unexpected(read.error());
  Trace trace = parser.finish();
  if (trace.arrivals.empty()) return std::unexpected(fmt::format("{}: there is no arrival in it", file));
  return trace;
}

std::expected<Trace, std::string> read_trace(const std::string& file, ClassNames& classes) {
  const auto text = read_file(file);
  if (!text) return std::unexpected(text.error());
  return parse_trace(*text, file, classes);
}

}  // namespace tenfold::sim
