#include "sim/azure_trace.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/csv.hpp"
#include "sim/spec.hpp"
#include "sim/trace_time.hpp"

namespace tenfold::sim {

namespace {

constexpr std::string_view kFunction = "hashfunction";

bool is_header(const std::vector<std::string_view>& cells) {
  return std::ranges::any_of(cells, [](std::string_view cell) { return lower(cell) == kFunction; });
}

std::optional<std::size_t> whole_number(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_all = error == std::errc{} && end == text.data() + text.size();
  return is_all ? std::optional{number} : std::nullopt;
}

std::string no_such(std::string_view what, std::string_view function) {
  return function.empty() ? fmt::format("no {}", what)
                          : fmt::format("no {} of the function '{}' (names are taken exactly)", what, function);
}

class CountsParser {
 public:
  CountsParser(std::string_view function, ClassNames& classes) : function_{function}, classes_{classes} {}

  void next_file() {
    next_day();
    is_headed_ = false;
  }

  std::optional<std::string> take(std::string_view line) {
    const std::vector<std::string_view> cells = cells_of(line);
    if (is_header(cells)) return take_header(cells);
    if (columns_.empty()) take_bare(cells.size());
    if (cells.size() <= function_column_ || cells.size() <= columns_.front().at)
      return "the line has no counts; wanted: HashOwner,HashApp,HashFunction,Trigger,1,2,...";
    const std::string_view function = cells[function_column_];
    if (!function_.empty() && function != function_) return std::nullopt;
    std::vector<std::uint64_t>* own = counts_of(function);
    for (const auto& [at, minute] : columns_) {
      if (at >= cells.size()) break;
      const auto count = parse_cell_count(cells[at]);
      if (!count) return fmt::format("minute {}: '{}' is no count", minute + 1, cells[at]);
      add(totals_, first_minute_ + minute, *count);
      if (own) add(*own, first_minute_ + minute, *count);
      sum_ += *count;
    }
    return sum_ > kMostArrivals * 1000 ? std::optional<std::string>{"more than 50 billion invocations"} : std::nullopt;
  }

  bool is_empty() const { return sum_ == 0; }

  AzureCounts finish() {
    AzureCounts made{.minutes = std::vector<std::vector<PerMinute::Count>>(totals_.size())};
    if (!unused_.empty())
      made.notes.push_back(fmt::format("of the trace these columns are not used: {}", fmt::join(unused_, ", ")));
    for (std::size_t minute = 0; minute < totals_.size(); ++minute) {
      if (are_too_many_ && totals_[minute] > 0) made.minutes[minute].push_back({.klass = {}, .count = totals_[minute]});
    }
    if (are_too_many_) {
      made.notes.emplace_back("of so many functions they are not told apart: all are of one class");
      return made;
    }
    for (const auto& [function, counts] : by_function_) {
      const core::RequestClass klass = classes_.number_of(function);
      for (std::size_t minute = 0; minute < counts.size(); ++minute) {
        if (counts[minute] > 0) made.minutes[minute].push_back({.klass = klass, .count = counts[minute]});
      }
    }
    return made;
  }

 private:
  static void add(std::vector<std::uint64_t>& counts, std::size_t minute, std::uint64_t count) {
    if (counts.size() <= minute) counts.resize(minute + 1);
    counts[minute] += count;
  }

  // A day is as long as its columns, also where none of its counts is wanted.
  void next_day() {
    first_minute_ += columns_.empty() ? 0 : 1 + std::ranges::max(columns_, {}, &Column::minute).minute;
    columns_.clear();
  }

  std::optional<std::string> take_header(const std::vector<std::string_view>& cells) {
    // Within a file: days that were put together.
    if (is_headed_) next_day();
    is_headed_ = true;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string name = lower(cells[i]);
      const auto minute = whole_number(name);
      if (name == kFunction) {
        function_column_ = i;
      } else if (minute && *minute > 0 && *minute <= kMostMinutes) {
        columns_.push_back({.at = i, .minute = *minute - 1});
      } else if (name != "hashowner" && name != "hashapp" && name != "trigger" &&
                 std::ranges::find(unused_, cells[i]) == unused_.end()) {
        unused_.emplace_back(cells[i]);
      }
    }
    if (columns_.empty()) return "the header names no minutes; wanted: HashOwner,HashApp,HashFunction,Trigger,1,2,...";
    return std::nullopt;
  }

  // As the dataset has them, where no header says so.
  void take_bare(std::size_t cells) {
    constexpr std::size_t kFirst = 4;
    for (std::size_t i = kFirst; i < std::max(cells, kFirst + 1); ++i)
      columns_.push_back({.at = i, .minute = i - kFirst});
  }

  // Of the function; none when there are more than classes.
  std::vector<std::uint64_t>* counts_of(std::string_view function) {
    if (are_too_many_) return nullptr;
    const auto known = by_function_.find(function);
    if (known != by_function_.end()) return &known->second;
    if (by_function_.size() + 1 < core::kMaxClasses) return &by_function_[std::string{function}];
    are_too_many_ = true;
    by_function_.clear();
    return nullptr;
  }

  static constexpr std::size_t kMostMinutes = 1'000'000;
  struct Column {
    std::size_t at = 0;
    std::size_t minute = 0;  // of the day, from 0
  };

  std::string_view function_;
  ClassNames& classes_;
  bool is_headed_ = false;
  std::size_t function_column_ = 2;
  std::vector<Column> columns_;
  std::size_t first_minute_ = 0;
  std::vector<std::uint64_t> totals_;
  std::map<std::string, std::vector<std::uint64_t>, std::less<>> by_function_;
  bool are_too_many_ = false;
  std::uint64_t sum_ = 0;
  std::vector<std::string> unused_;
};

class DurationsParser {
 public:
  explicit DurationsParser(std::string_view function) : function_{function} {}

  std::optional<std::string> take(std::string_view line) {
    const std::vector<std::string_view> cells = cells_of(line);
    if (is_header(cells)) return take_header(cells);
    if (percentiles_.empty()) return "a header must name HashFunction, Count and percentile_Average_0 to _100";
    if (cells.size() <= last_column_) return "the line has fewer cells than the header";
    if (!function_.empty() && cells[function_column_] != function_) return std::nullopt;
    const auto count = parse_cell_count(cells[count_column_]);
    if (!count) return fmt::format("'{}' is no count", cells[count_column_]);
    AzureDurations durations{.function = std::string{cells[function_column_]}, .count = *count};
    for (const auto& [share, column] : percentiles_) {
      const auto ms = parse_number(cells[column]);
      const double least = durations.percentiles.empty() ? 0 : durations.percentiles.back().ms;
      if (!ms || *ms < 0 || *ms > 1e12) return fmt::format("'{}' is no duration in milliseconds", cells[column]);
      durations.percentiles.push_back({.share = share, .ms = std::max(least, *ms)});
    }
    if (*count > 0) all_.push_back(std::move(durations));
    return std::nullopt;
  }

  std::vector<AzureDurations> finish() { return std::move(all_); }

 private:
  std::optional<std::string> take_header(const std::vector<std::string_view>& cells) {
    constexpr std::string_view kPercentile = "percentile_average_";
    percentiles_.clear();
    std::optional<std::size_t> count;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string name = lower(cells[i]);
      if (name == kFunction) function_column_ = i;
      if (name == "count") count = i;
      if (!name.starts_with(kPercentile)) continue;
      const auto percent = whole_number(std::string_view{name}.substr(kPercentile.size()));
      if (percent && *percent <= 100) percentiles_.emplace(static_cast<double>(*percent) / 100, i);
    }
    if (!count || !percentiles_.contains(0) || !percentiles_.contains(1)) {
      return "the header must name HashFunction, Count and percentile_Average_0 to _100";
    }
    count_column_ = *count;
    last_column_ = std::max(function_column_, count_column_);
    for (const auto& [share, column] : percentiles_) last_column_ = std::max(last_column_, column);
    return std::nullopt;
  }

  std::string_view function_;
  std::size_t function_column_ = 0;
  std::size_t count_column_ = 0;
  std::size_t last_column_ = 0;
  std::map<double, std::size_t> percentiles_;
  std::vector<AzureDurations> all_;
};

std::string names_of(const std::vector<AzureFile>& files) {
  std::vector<std::string_view> names;
  names.reserve(files.size());
  for (const AzureFile& file : files) names.push_back(file.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::optional<AzureSource> read_azure_source(SpecReader& spec) {
  const std::vector<std::string> names = spec.bare();
  AzureSource source{.files = {}, .function = spec.text("function", "")};
  if (names.empty()) spec.fail("it needs a file");
  if (!spec.error().empty()) return std::nullopt;
  source.files.reserve(names.size());
  for (const std::string& name : names) {
    auto text = read_file(name);
    if (!text) {
      spec.fail(text.error());
      return std::nullopt;
    }
    source.files.push_back({.name = name, .text = std::move(*text)});
  }
  return source;
}

std::expected<AzureCounts, std::string> parse_azure_counts(const std::vector<AzureFile>& files,
                                                           std::string_view function, ClassNames& classes) {
  CountsParser parser{function, classes};
  for (const AzureFile& file : files) {
    parser.next_file();
    const auto parsed =
        for_each_line(file.text, file.name, [&](std::string_view line, std::size_t) { return parser.take(line); });
    if (!parsed) return std::unexpected(parsed.error());
  }
  if (parser.is_empty())
    return std::unexpected(fmt::format("{}: {}", names_of(files), no_such("invocation", function)));
  return parser.finish();
}

void multiply(std::vector<std::vector<PerMinute::Count>>& minutes, double scale, Random& random) {
  for (auto& minute : minutes) {
    for (PerMinute::Count& count : minute) {
      const double exact = static_cast<double>(count.count) * scale;
      const double whole = std::floor(exact);
      count.count = static_cast<std::uint64_t>(whole) + (random.uniform() < exact - whole ? 1 : 0);
    }
  }
}

std::expected<std::vector<AzureDurations>, std::string> parse_azure_durations(const std::vector<AzureFile>& files,
                                                                              std::string_view function) {
  DurationsParser parser{function};
  for (const AzureFile& file : files) {
    const auto parsed =
        for_each_line(file.text, file.name, [&](std::string_view line, std::size_t) { return parser.take(line); });
    if (!parsed) return std::unexpected(parsed.error());
  }
  std::vector<AzureDurations> all = parser.finish();
  if (all.empty()) return std::unexpected(fmt::format("{}: {}", names_of(files), no_such("duration", function)));
  return all;
}

}  // namespace tenfold::sim
