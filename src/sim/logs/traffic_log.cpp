#include "sim/logs/traffic_log.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/units.hpp"
#include "sim/csv.hpp"
#include "sim/logs/records.hpp"
#include "sim/random.hpp"
#include "sim/spec.hpp"

namespace tenfold::sim {

namespace {

using namespace std::chrono_literals;

// By so many records a file's kind is recognised.
constexpr std::size_t kSample = 2000;
constexpr std::size_t kSampleBytes = std::size_t{4} << 20;

// A whole number at a line's end that has no unit yet: it waits in `lasted`, below zero.
core::Duration pending_number(std::uint64_t number) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
  return core::Duration{-2 - static_cast<core::Duration::rep>(std::min(number, kMost))};
}
bool is_pending(core::Duration lasted) { return lasted < LoggedRequest::kUntold; }
core::Duration::rep number_of(core::Duration lasted) { return -2 - lasted.count(); }

// Those by which a proxy says that nobody served, or that the client had left.
bool is_unserved(int status) { return status == 502 || status == 503 || status == 504 || status == 499; }

std::string_view path_of(std::string_view target) { return target.substr(0, target.find_first_of("?#")); }

std::string excerpt(std::string_view line) {
  constexpr std::size_t kMost = 80;
  std::string text{line.substr(0, kMost)};
  for (char& c : text) {
    if (std::iscntrl(static_cast<unsigned char>(c)) != 0) c = '?';
  }
  if (line.empty()) return "(longer than a mebibyte)";
  return line.size() > kMost ? text + "..." : text;
}

bool says_something(Reading reading) {
  return reading == Reading::kRequest || reading == Reading::kTimeless || reading == Reading::kReplica;
}

struct Sample {
  std::vector<std::string> records;
  std::string first;
};

std::expected<Sample, std::string> sample_of(const std::string& file) {
  auto records = LogRecords::open(file);
  if (!records) return std::unexpected(records.error());
  Sample sample;
  std::size_t bytes = 0;
  while (sample.records.size() < kSample && bytes < kSampleBytes) {
    const auto record = records->next();
    if (!record) break;
    if (sample.records.empty()) sample.first = excerpt(record->text);
    bytes += record->text.size();
    sample.records.emplace_back(record->text);
  }
  if (sample.records.empty() && !records->broken().empty())
    return std::unexpected(fmt::format("the file '{}' cannot be read: {}", file, records->broken()));
  if (sample.records.empty()) return std::unexpected(fmt::format("the file '{}' is empty", file));
  return sample;
}

// What a format knows of a sample.
std::size_t score(const LogKind& kind, const Sample& sample) {
  const auto format = kind.make();
  LogEntry entry;
  std::size_t known = 0;
  for (const std::string& record : sample.records) known += says_something(format->read(record, entry)) ? 1 : 0;
  return known + (format->finish(entry) ? 1 : 0);
}

std::expected<const LogKind*, std::string> recognise(const std::string& file) {
  const auto sample = sample_of(file);
  if (!sample) return std::unexpected(sample.error());
  // Locust's totals at the end of a run are no history.
  if (sample->first.starts_with("Type,Name,Request Count"))
    return std::unexpected(
        fmt::format("{}: these are Locust's totals, which do not say when requests came; take the file that ends in "
                    "_stats_history.csv",
                    file));
  const LogKind* best = nullptr;
  std::size_t most = 0;
  for (const LogKind& kind : log_kinds()) {
    const std::size_t known = score(kind, *sample);
    if (known <= most) continue;
    most = known;
    best = &kind;
  }
  if (best != nullptr) return best;
  std::vector<std::string_view> words;
  for (const LogKind& kind : log_kinds()) words.push_back(kind.words);
  return std::unexpected(
      fmt::format("{}: its first {} lines tell of no request in a format that is known ({}); the "
                  "first is: {}",
                  file, sample->records.size(), fmt::join(words, ", "), sample->first));
}

// Collects what a format reads.
class Collector {
 public:
  Collector(TrafficLog& log, LogFormat& format) : log_{log}, format_{format} {}

  std::expected<void, std::string> take_all(LogRecords& records) {
    LogEntry entry;
    while (const auto record = records.next()) {
      ++log_.records;
      const Reading reading = record->text.empty() ? Reading::kUnread : format_.read(record->text, entry);
      if (reading == Reading::kRequest) take(entry);
      if (reading == Reading::kTimeless) ++timeless_;
      if ((reading == Reading::kUnread || reading == Reading::kTimeless) && log_.unread++ == 0) {
        log_.first_unread_line = record->line;
        log_.first_unread = excerpt(record->text);
      }
      if (is_too_long_) return std::unexpected(fmt::format("more than {} requests", kMostArrivals));
    }
    if (format_.finish(entry)) take(entry);
    log_.broken = records.broken();
    log_.cold_starts = format_.cold_starts();
    return {};
  }

  bool is_timeless() const { return log_.requests.empty() && timeless_ > 0; }

 private:
  void take(const LogEntry& entry) {
    LoggedRequest request{.at = entry.at, .within = entry.within, .klass = log_.paths.number_of(path_of(entry.target))};
    if (entry.lasted) request.lasted = *entry.lasted;
    if (!entry.lasted && entry.lasted_number) request.lasted = pending_number(*entry.lasted_number);
    if (entry.service) request.service = *entry.service;
    if (is_unserved(entry.status)) {
      ++log_.unserved;
      unserved_.push_back(log_.requests.size());
    }
    if (entry.moment != Moment::kUnsaid) log_.moment = entry.moment;
    has_unsaid_moment_ = has_unsaid_moment_ || entry.moment == Moment::kUnsaid;
    is_too_long_ = entry.count > kMostArrivals - std::min<std::uint64_t>(kMostArrivals, log_.requests.size());
    if (!is_too_long_) log_.requests.insert(log_.requests.end(), entry.count, request);
  }

  TrafficLog& log_;
  LogFormat& format_;
  std::uint64_t timeless_ = 0;
  bool has_unsaid_moment_ = false;
  bool is_too_long_ = false;
  std::vector<std::size_t> unserved_;

 public:
  bool has_unsaid_moment() const { return has_unsaid_moment_; }
  const std::vector<std::size_t>& unserved() const { return unserved_; }
};

// What whole numbers at the lines' ends are: seconds if nearly all of them are small, else Apache's microseconds.
void settle_unit(TrafficLog& log, const LogSource& source) {
  constexpr core::Duration::rep kFewSeconds = 120;
  std::size_t count = 0;
  std::size_t large = 0;
  for (const LoggedRequest& request : log.requests) {
    if (!is_pending(request.lasted)) continue;
    ++count;
    large += number_of(request.lasted) > kFewSeconds ? 1 : 0;
  }
  if (count == 0) return;
  log.is_unit_guessed = !source.unit;
  log.unit = source.unit.value_or(large * 100 > count ? core::Duration{1us} : core::Duration{1s});
  const core::Duration::rep most = core::Duration{std::chrono::hours{24 * 365}} / *log.unit;
  for (LoggedRequest& request : log.requests) {
    if (is_pending(request.lasted)) request.lasted = *log.unit * std::min(number_of(request.lasted), most);
  }
}

// Lines are written when requests end. So the times by which they stand in order are those of the ends: the logged
// ones, or those and what requests lasted. Counted is what lies before an earlier line by more than the log's
// resolution.
Moment settle_moment(const TrafficLog& log) {
  std::array<std::size_t, 2> late{};
  std::array<core::Duration, 2> newest{core::Duration::min(), core::Duration::min()};
  for (const LoggedRequest& request : log.requests) {
    const core::Duration lasted = std::max(core::Duration{}, request.lasted);
    const std::array<core::Duration, 2> ends{request.at, request.at + lasted};
    for (std::size_t i = 0; i < ends.size(); ++i) {
      const core::Duration slack = std::max<core::Duration>(request.within, 10ms);
      if (newest[i] != core::Duration::min() && ends[i] + slack < newest[i]) ++late[i];
      newest[i] = std::max(newest[i], ends[i]);
    }
  }
  return late[0] > late[1] ? Moment::kArrival : Moment::kEnd;
}

void settle(TrafficLog& log, const LogSource& source, const Collector& read) {
  settle_unit(log, source);
  if (source.moment) {
    log.moment = *source.moment;
  } else if (read.has_unsaid_moment()) {
    log.moment = settle_moment(log);
    log.is_moment_guessed = true;
  }
  for (LoggedRequest& request : log.requests) {
    if (request.service == LoggedRequest::kUntold) request.service = request.lasted;
    if (!source.has_service) request.service = LoggedRequest::kUntold;
  }
  for (const std::size_t n : read.unserved()) log.requests[n].service = LoggedRequest::kUntold;
}

constexpr std::string_view kNoTime =
    "its requests have no time: uvicorn's own format has none. Give it one with --log-config: the formatter of "
    "uvicorn.access as %(asctime)s %(levelprefix)s %(client_addr)s - \"%(request_line)s\" %(status_code)s; or take the "
    "log of the proxy before it";

}  // namespace

LogSource read_log_source(SpecReader& spec) {
  LogSource source;
  const std::vector<std::string> names = spec.bare();
  if (names.size() != 1) spec.fail("it needs one file");
  if (!names.empty()) source.file = names.front();
  const std::string format = spec.text("format", "");
  const std::string moment = spec.text("at", "");
  const std::string unit = spec.text("unit", "");
  const std::string service = spec.text("service", "yes");
  if (!format.empty()) {
    std::vector<std::string_view> known;
    for (const LogKind& kind : log_kinds()) {
      known.push_back(kind.name);
      if (kind.name == format) source.kind = &kind;
    }
    if (source.kind == nullptr) spec.fail(fmt::format("format: '{}' is none of {}", format, fmt::join(known, ", ")));
  }
  if (moment == "arrival") source.moment = Moment::kArrival;
  if (moment == "end") source.moment = Moment::kEnd;
  if (!moment.empty() && !source.moment) spec.fail("at: arrival or end");
  if (unit == "s") source.unit = 1s;
  if (unit == "ms") source.unit = 1ms;
  if (unit == "us") source.unit = 1us;
  if (!unit.empty() && !source.unit) spec.fail("unit: s, ms or us");
  source.has_service = service != "no";
  if (service != "no" && service != "yes") spec.fail("service: yes or no");
  return source;
}

std::uint64_t TrafficLog::count_with_service() const {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(requests, [](const LoggedRequest& r) { return r.service != LoggedRequest::kUntold; }));
}

bool TrafficLog::has_whole_seconds() const {
  return std::ranges::any_of(requests, [](const LoggedRequest& r) { return r.within >= core::Duration{1s}; });
}

std::expected<TrafficLog, std::string> parse_log(const LogSource& source) {
  TrafficLog log;
  log.kind = source.kind;
  if (log.kind == nullptr) {
    const auto kind = recognise(source.file);
    if (!kind) return std::unexpected(kind.error());
    log.kind = *kind;
  }
  auto records = LogRecords::open(source.file);
  if (!records) return std::unexpected(records.error());
  const auto format = log.kind->make();
  Collector collector{log, *format};
  if (const auto taken = collector.take_all(*records); !taken)
    return std::unexpected(fmt::format("{}: {}", source.file, taken.error()));
  if (collector.is_timeless()) return std::unexpected(fmt::format("{}: {}", source.file, kNoTime));
  settle(log, source, collector);
  if (!log.requests.empty() || !log.cold_starts.empty()) return log;
  const std::string unread = log.unread > 0
                                 ? fmt::format("; {} of {} lines could not be read, the first is line {}: {}",
                                               log.unread, log.records, log.first_unread_line, log.first_unread)
                                 : "";
  return std::unexpected(fmt::format("{}: no request is in it, as {}{}", source.file, log.kind->words, unread));
}

std::expected<std::shared_ptr<const TrafficLog>, std::string> read_log(const LogSource& source) {
  struct Last {
    LogSource source;
    std::filesystem::file_time_type changed;
    std::uintmax_t size = 0;
    std::shared_ptr<const TrafficLog> log;
  };
  static std::mutex mutex;
  static Last last;
  const std::scoped_lock lock{mutex};
  std::error_code none;
  const auto changed = std::filesystem::last_write_time(source.file, none);
  const std::uintmax_t size = std::filesystem::file_size(source.file, none);
  if (last.log && last.source == source && last.changed == changed && last.size == size) return last.log;
  auto log = parse_log(source);
  if (!log) return std::unexpected(log.error());
  last = {
      .source = source, .changed = changed, .size = size, .log = std::make_shared<const TrafficLog>(std::move(*log))};
  return last.log;
}

std::vector<Arrival> arrivals_of(const TrafficLog& log, std::uint64_t seed, ClassNames& classes) {
  constexpr std::uint64_t kStream = 21;
  Random random{seed, kStream};
  std::vector<core::RequestClass> numbers{core::RequestClass{}};
  for (const std::string& path : log.paths.all()) numbers.push_back(classes.number_of(path));
  std::unordered_map<std::uint32_t, std::vector<core::Duration>> known;
  std::vector<core::Duration> all;
  for (const LoggedRequest& request : log.requests) {
    if (request.service == LoggedRequest::kUntold) continue;
    known[core::to_number(request.klass)].push_back(request.service);
    all.push_back(request.service);
  }
  std::vector<Arrival> arrivals;
  arrivals.reserve(log.requests.size());
  for (const LoggedRequest& request : log.requests) {
    core::Duration at = request.at;
    if (request.within > core::Duration{})
      at += core::Duration{
          static_cast<core::Duration::rep>(random.uniform() * static_cast<double>(request.within.count()))};
    if (log.moment == Moment::kEnd) at -= std::max(core::Duration{}, request.lasted);
    const std::uint32_t path = core::to_number(request.klass);
    Arrival arrival{.at = core::TimePoint{at}, .klass = numbers[path]};
    if (request.service != LoggedRequest::kUntold) {
      arrival.service = std::max(request.service, core::Duration{1});
    } else if (!all.empty()) {
      const auto own = known.find(path);
      const std::vector<core::Duration>& from = own != known.end() ? own->second : all;
      arrival.service = std::max(from[random.below(from.size())], core::Duration{1});
    }
    arrivals.push_back(arrival);
  }
  std::ranges::stable_sort(arrivals, {}, &Arrival::at);
  if (arrivals.empty()) return arrivals;
  const core::Duration first = arrivals.front().at.time_since_epoch();
  for (Arrival& arrival : arrivals) arrival.at -= first;
  return arrivals;
}

std::vector<std::string> TrafficLog::notes(const LogSource& source) const {
  std::vector<std::string> all;
  const std::string& file = source.file;
  all.push_back(fmt::format("{}: {}; {} requests in {} {}", file, kind->words, requests.size(), records,
                            kind->name == "k6-json" || kind->name.starts_with("azure") ? "records" : "lines"));
  if (unread > 0)
    all.push_back(fmt::format("{} of {} lines could not be read; the first is line {}: {}", unread, records,
                              first_unread_line, first_unread));
  if (!broken.empty()) all.push_back(fmt::format("{} was read in part: {}", file, broken));
  if (is_unit_guessed)
    all.push_back(
        fmt::format("the whole numbers at the lines' ends are taken for {}; say unit=us, unit=ms or unit=s if "
                    "they are not",
                    *unit == core::Duration{1s} ? "seconds" : "microseconds"));
  const bool has_lasted =
      std::ranges::any_of(requests, [](const LoggedRequest& r) { return r.lasted > core::Duration{}; });
  if (is_moment_guessed && has_lasted)
    all.push_back(moment == Moment::kEnd
                      ? "its times are those of the requests' ends, by the order of its lines; say at=arrival if not"
                      : "its times are those of the requests' arrivals, by the order of its lines; say at=end if not");
  if (moment == Moment::kEnd && !has_lasted)
    all.emplace_back("it does not tell how long requests lasted: they come at the times at which they ended");
  if (has_whole_seconds()) all.emplace_back("its times are whole seconds: requests come at random within them");
  const std::uint64_t known = count_with_service();
  if (known > 0 && known < requests.size())
    all.push_back(
        fmt::format("{} requests without a service time ({} of them with status 499, 502, 503 or 504) take "
                    "that of another one of their path",
                    requests.size() - known, unserved));
  if (paths.all().size() + 1 >= core::kMaxClasses) all.emplace_back("it has so many paths that some are one class");
  return all;
}

}  // namespace tenfold::sim
