#include "sim/logs/load_tests.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "sim/logs/fields.hpp"

namespace tenfold::sim {

namespace {

// Without scheme and host.
std::string_view path_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return url;
  const std::size_t path = url.find('/', scheme + 3);
  return path == std::string_view::npos ? "/" : url.substr(path);
}

// Puts together what k6 tells of a request in several samples.
class K6Samples {
 public:
  struct Sample {
    std::string_view metric;
    LogTime time;
    core::Duration value{};
    int status = 0;
    std::string_view url;
  };

  static bool is_wanted(std::string_view metric) { return metric == kDuration || metric == kWaiting; }

  // A request is whole when the next one begins.
  Reading take(const Sample& sample, LogEntry& entry) {
    if (sample.metric == kWaiting) {
      if (pending_ && pending_->at == sample.time.at && !pending_->service) pending_->service = sample.value;
      return Reading::kOther;
    }
    const bool has_one = finish(entry);
    url_ = path_of(sample.url);
    pending_ = LogEntry{.at = sample.time.at,
                        .within = sample.time.within,
                        .moment = Moment::kEnd,
                        .lasted = sample.value,
                        .status = sample.status};
    return has_one ? Reading::kRequest : Reading::kOther;
  }

  bool finish(LogEntry& entry) {
    if (!pending_) return false;
    entry = *std::exchange(pending_, std::nullopt);
    shown_url_ = std::exchange(url_, "");
    entry.target = shown_url_;
    return true;
  }

 private:
  static constexpr std::string_view kDuration = "http_req_duration";
  static constexpr std::string_view kWaiting = "http_req_waiting";

  std::optional<LogEntry> pending_;
  std::string url_;        // of the pending one
  std::string shown_url_;  // of the one that was given last
};

std::optional<std::size_t> column(const std::vector<std::string>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? std::nullopt : std::optional{static_cast<std::size_t>(found - names.begin())};
}

class K6Csv final : public LogFormat {
 public:
  Reading read(std::string_view record, LogEntry& entry) override {
    split_csv(record, cells_);
    if (cells_.front() == "metric_name") return take_header();
    if (!is_headed_ || cells_.size() <= last_) return Reading::kUnread;
    if (!K6Samples::is_wanted(cells_.front())) return Reading::kOther;
    const auto time = parse_stamp(cells_[time_]);
    const auto value = parse_milliseconds(cells_[value_]);
    if (!time || !value) return Reading::kUnread;
    return samples_.take({.metric = cells_.front(),
                          .time = *time,
                          .value = *value,
                          .status = status_ ? parse_status(cells_[*status_]).value_or(0) : 0,
                          .url = url_ ? std::string_view{cells_[*url_]} : std::string_view{}},
                         entry);
  }
  bool finish(LogEntry& entry) override { return samples_.finish(entry); }

 private:
  Reading take_header() {
    const auto time = column(cells_, "timestamp");
    const auto value = column(cells_, "metric_value");
    if (!time || !value) return Reading::kUnread;
    time_ = *time;
    value_ = *value;
    status_ = column(cells_, "status");
    url_ = column(cells_, "name") ? column(cells_, "name") : column(cells_, "url");
    last_ = std::max({time_, value_, status_.value_or(0), url_.value_or(0)});
    is_headed_ = true;
    return Reading::kOther;
  }

  bool is_headed_ = false;
  std::size_t time_ = 0;
  std::size_t value_ = 0;
  std::size_t last_ = 0;
  std::optional<std::size_t> status_;
  std::optional<std::size_t> url_;
  std::vector<std::string> cells_;
  K6Samples samples_;
};

namespace json = boost::json;

std::string_view text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  const json::string* text = value ? value->if_string() : nullptr;
  return text ? std::string_view{*text} : std::string_view{};
}

class K6Json final : public LogFormat {
 public:
  Reading read(std::string_view record, LogEntry& entry) override {
    boost::system::error_code error;
    const json::value root = json::parse(record, error);
    const json::object* object = error ? nullptr : root.if_object();
    if (object == nullptr) return Reading::kUnread;
    const std::string_view type = text_at(*object, "type");
    const std::string_view metric = text_at(*object, "metric");
    if (type == "Metric" || (type == "Point" && !metric.empty() && !K6Samples::is_wanted(metric)))
      return Reading::kOther;
    const json::value* data_value = object->if_contains("data");
    const json::object* data = data_value ? data_value->if_object() : nullptr;
    if (type != "Point" || metric.empty() || data == nullptr) return Reading::kUnread;
    const auto time = parse_log_time(text_at(*data, "time"));
    const json::value* number = data->if_contains("value");
    const auto value = number && number->is_number() ? parse_milliseconds(json::serialize(*number)) : std::nullopt;
    if (!time || !value) return Reading::kUnread;
    K6Samples::Sample sample{.metric = metric, .time = *time, .value = *value};
    const json::value* tags_value = data->if_contains("tags");
    if (const json::object* tags = tags_value ? tags_value->if_object() : nullptr) {
      sample.status = parse_status(text_at(*tags, "status")).value_or(0);
      sample.url = tags->contains("name") ? text_at(*tags, "name") : text_at(*tags, "url");
    }
    return samples_.take(sample, entry);
  }
  bool finish(LogEntry& entry) override { return samples_.finish(entry); }

 private:
  K6Samples samples_;
};

class LocustCsv final : public LogFormat {
 public:
  Reading read(std::string_view record, LogEntry& entry) override {
    constexpr std::uint64_t kMost = 1'000'000'000;
    split_csv(record, cells_);
    if (cells_.front() == "Timestamp") return take_header();
    if (!is_headed_ || cells_.size() <= std::max(name_, total_)) return Reading::kUnread;
    if (cells_[name_] != "Aggregated") return Reading::kOther;
    const auto time = parse_stamp(cells_.front());
    const auto total = parse_whole(cells_[total_]);
    if (!time || !total || *total > kMost) return Reading::kUnread;
    // Of the first row the second before it; what was reset begins anew.
    const core::Duration from = seen_ && seen_at_ < time->at ? seen_at_ : time->at - std::chrono::seconds{1};
    const std::uint64_t before = seen_ && *seen_ <= *total ? *seen_ : 0;
    seen_ = total;
    seen_at_ = time->at;
    if (*total == before) return Reading::kOther;
    entry = {.at = from, .within = time->at - from, .moment = Moment::kEnd, .count = *total - before};
    return Reading::kRequest;
  }

 private:
  Reading take_header() {
    const auto name = column(cells_, "Name");
    const auto total = column(cells_, "Total Request Count");
    if (!name || !total) return Reading::kUnread;
    name_ = *name;
    total_ = *total;
    is_headed_ = true;
    return Reading::kOther;
  }

  bool is_headed_ = false;
  std::size_t name_ = 0;
  std::size_t total_ = 0;
  std::optional<std::uint64_t> seen_;
  core::Duration seen_at_{};
  std::vector<std::string> cells_;
};

}  // namespace

std::unique_ptr<LogFormat> make_k6_csv() { return std::make_unique<K6Csv>(); }
std::unique_ptr<LogFormat> make_k6_json() { return std::make_unique<K6Json>(); }
std::unique_ptr<LogFormat> make_locust_csv() { return std::make_unique<LocustCsv>(); }

}  // namespace tenfold::sim
