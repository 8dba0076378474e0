#include "sim/trace.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <initializer_list>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "config/units.hpp"
#include "sim/csv.hpp"
#include "sim/trace_time.hpp"

namespace tenfold::sim {

namespace {

// Of one trace: what fits into some gigabytes.
constexpr std::uint64_t kMostArrivals = 50'000'000;

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

// In any case: TIMESTAMP too.
bool is_one_of(std::string_view word, std::initializer_list<std::string_view> names) {
  std::string lower{word};
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(names, lower) != names.end();
}

// By a header line; nothing if this is none.
std::optional<Columns> columns_of(const std::vector<std::string_view>& cells) {
  std::optional<std::size_t> time;
  Columns columns;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (is_one_of(cells[i], {"t", "time", "timestamp", "arrival", "at"})) time = i;
    if (is_one_of(cells[i], {"service", "duration"})) columns.service = i;
    if (is_one_of(cells[i], {"class", "path"})) columns.klass = i;
  }
  if (!time) return std::nullopt;
  columns.time = *time;
  return columns;
}

class TraceParser {
 public:
  std::optional<std::string> take(std::string_view line, bool is_first) {
    const std::vector<std::string_view> cells = cells_of(line);
    if (is_first) {
      if (const auto named = columns_of(cells)) {
        columns_ = *named;
        return std::nullopt;
      }
      if (cells.size() > 1) columns_.service = 1;
    }
    if (cells.size() <= columns_.time) return "the line has no time";
    const auto at = parse_time(cells[columns_.time]);
    if (!at) return fmt::format("'{}' is no time; write seconds, or 2026-11-24T12:34:56.789Z", cells[columns_.time]);
    if (!begin_) begin_ = *at;
    Arrival arrival{.at = core::TimePoint{*at - *begin_}};
    if (!arrivals_.empty() && arrival.at < arrivals_.back().at)
      return "the time lies before that of the line above; sort the file";
    if (columns_.service && cells.size() > *columns_.service && !cells[*columns_.service].empty()) {
      arrival.service = span_of(cells[*columns_.service]);
      if (!arrival.service)
        return fmt::format("'{}' is no service time; write seconds, or 250ms", cells[*columns_.service]);
    }
    if (columns_.klass && cells.size() > *columns_.klass) arrival.klass = class_of(cells[*columns_.klass]);
    if (arrivals_.size() >= kMostArrivals) return "the trace has more than 50 million arrivals";
    arrivals_.push_back(arrival);
    return std::nullopt;
  }

  std::vector<Arrival> finish() { return std::move(arrivals_); }

 private:
  core::RequestClass class_of(std::string_view name) {
    const auto known = classes_.find(name);
    if (known != classes_.end()) return known->second;
    if (classes_.size() + 1 >= core::kMaxClasses) return {};
    const core::RequestClass klass{static_cast<std::uint32_t>(classes_.size() + 1)};
    classes_.emplace(name, klass);
    return klass;
  }

  Columns columns_;
  std::optional<core::Duration> begin_;
  std::map<std::string, core::RequestClass, std::less<>> classes_;
  std::vector<Arrival> arrivals_;
};

// How many arrivals in each minute.
using Minutes = std::vector<std::uint64_t>;
constexpr std::size_t kFirstMinute = 4;
constexpr std::size_t kFunction = 2;

std::optional<std::string> add_function(Minutes& minutes, std::string_view line, std::string_view function) {
  const std::vector<std::string_view> cells = cells_of(line);
  if (cells.size() <= kFirstMinute)
    return "the line has no counts; wanted: HashOwner,HashApp,HashFunction,Trigger,1,2,...";
  if (!cells[kFunction].starts_with(function)) return std::nullopt;
  if (minutes.size() < cells.size() - kFirstMinute) minutes.resize(cells.size() - kFirstMinute);
  for (std::size_t i = kFirstMinute; i < cells.size(); ++i) {
    const auto count = parse_number(cells[i]);
    if (!count || *count < 0 || *count > static_cast<double>(kMostArrivals) || std::floor(*count) != *count) {
      return fmt::format("minute {}: '{}' is no count", i - kFirstMinute + 1, cells[i]);
    }
    minutes[i - kFirstMinute] += static_cast<std::uint64_t>(*count);
  }
  return std::nullopt;
}

}  // namespace

std::expected<std::vector<Arrival>, std::string> parse_trace(std::string_view text, std::string_view file) {
  TraceParser parser;
  bool is_first = true;
  const auto read = for_each_line(text, file, [&](std::string_view line, std::size_t) {
    return parser.take(line, std::exchange(is_first, false));
  });
  if (!read) return std::unexpected(read.error());
  std::vector<Arrival> arrivals = parser.finish();
  if (arrivals.empty()) return std::unexpected(fmt::format("{}: there is no arrival in it", file));
  return arrivals;
}

std::expected<std::vector<Arrival>, std::string> read_trace(const std::string& file) {
  const auto text = read_file(file);
  if (!text) return std::unexpected(text.error());
  return parse_trace(*text, file);
}

std::expected<std::vector<std::uint64_t>, std::string> parse_azure_counts(std::string_view text, std::string_view file,
                                                                          std::string_view function) {
  Minutes minutes;
  const auto read = for_each_line(text, file, [&](std::string_view line, std::size_t number) {
    if (number == 1 && line.starts_with("HashOwner")) return std::optional<std::string>{};
    return add_function(minutes, line, function);
  });
  if (!read) return std::unexpected(read.error());
  if (std::ranges::none_of(minutes, [](std::uint64_t count) { return count > 0; })) {
    return std::unexpected(fmt::format("{}: no invocation{}", file, function.empty() ? "" : " of that function"));
  }
  return minutes;
}

std::expected<std::vector<std::uint64_t>, std::string> read_azure_counts(const std::string& file,
                                                                         std::string_view function) {
  const auto text = read_file(file);
  if (!text) return std::unexpected(text.error());
  return parse_azure_counts(*text, file, function);
}

}  // namespace tenfold::sim
