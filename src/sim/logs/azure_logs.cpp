#include "sim/logs/azure_logs.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "sim/logs/combined.hpp"
#include "sim/logs/envoy.hpp"
#include "sim/logs/fields.hpp"
#include "sim/logs/haproxy.hpp"
#include "sim/logs/python_log.hpp"

namespace tenfold::sim {

namespace {

namespace json = boost::json;

struct AzureRecord {
  std::string time;
  std::string log;
  std::string reason;  // of the system's records alone
  std::string replica;
};

// "TimeGenerated [UTC]", "Log_s": without what says its type.
std::string_view plain_name(std::string_view name) {
  if (name.ends_with(" [UTC]")) name.remove_suffix(6);
  if (name.ends_with("_s") || name.ends_with("_t")) name.remove_suffix(2);
  return name;
}

std::string* field_of(AzureRecord& record, std::string_view column) {
  const std::string_view name = plain_name(column);
  if (name == "TimeGenerated" || name == "TimeStamp") return &record.time;
  if (name == "Log" || name == "Msg") return &record.log;
  if (name == "Reason") return &record.reason;
  if (name == "ReplicaName" || name == "ContainerGroupName") return &record.replica;
  return nullptr;
}

class AzureTable {
 public:
  // Reading::kRequest for a record that `made` has, kOther for a header.
  Reading read(std::string_view text, AzureRecord& made) {
    made = {};
    return text.starts_with('{') ? read_object(text, made) : read_row(text, made);
  }

 private:
  static Reading read_object(std::string_view text, AzureRecord& made) {
    boost::system::error_code error;
    const json::value root = json::parse(text, error);
    const json::object* object = error ? nullptr : root.if_object();
    if (object == nullptr) return Reading::kUnread;
    for (const auto& [name, value] : *object) {
      std::string* field = field_of(made, name);
      // Both may be there, the one of them null.
      if (field != nullptr && field->empty() && value.is_string()) *field = value.get_string();
    }
    return made.time.empty() || made.log.empty() ? Reading::kUnread : Reading::kRequest;
  }

  Reading read_row(std::string_view text, AzureRecord& made) {
    split_csv(text, cells_);
    if (take_header()) return Reading::kOther;
    for (std::size_t i = 0; i < std::min(cells_.size(), columns_.size()); ++i) {
      std::string* field = field_of(made, columns_[i]);
      if (field != nullptr && field->empty()) std::swap(*field, cells_[i]);
    }
    return made.time.empty() || made.log.empty() ? Reading::kUnread : Reading::kRequest;
  }

  bool take_header() {
    AzureRecord found;
    for (const std::string& cell : cells_) {
      if (std::string* field = field_of(found, cell)) *field = cell;
    }
    if (found.time.empty() || found.log.empty()) return false;
    columns_ = cells_;
    return true;
  }

  std::vector<std::string> columns_;
  std::vector<std::string> cells_;
};

class AzureConsole final : public LogFormat {
 public:
  Reading read(std::string_view text, LogEntry& entry) override {
    const Reading outer = table_.read(text, record_);
    if (outer != Reading::kRequest) return outer;
    if (!record_.reason.empty()) return Reading::kOther;
    const Reading inner = read_line(record_.log, entry);
    if (inner == Reading::kRequest) return inner;
    if (inner != Reading::kTimeless) return Reading::kOther;  // a container prints what it likes
    const auto time = parse_log_time(record_.time);
    if (!time) return Reading::kUnread;
    entry.at = time->at;
    entry.within = time->within;
    return Reading::kRequest;
  }

 private:
  using Read = Reading (*)(std::string_view, LogEntry&);

  // The formats in turn, the one first that was right last.
  Reading read_line(std::string_view line, LogEntry& entry) {
    Reading best = Reading::kUnread;
    for (std::size_t i = 0; i < formats_.size(); ++i) {
      const Reading reading = formats_[i](line, entry);
      if (reading == Reading::kRequest || reading == Reading::kTimeless) {
        std::swap(formats_[0], formats_[i]);
        return reading;
      }
      if (reading == Reading::kOther) best = reading;
    }
    return best;
  }

  std::array<Read, 4> formats_{read_combined, read_haproxy, read_envoy, read_python_log};
  AzureTable table_;
  AzureRecord record_;
};

class AzureSystem final : public LogFormat {
 public:
  Reading read(std::string_view text, LogEntry&) override {
    const Reading outer = table_.read(text, record_);
    if (outer != Reading::kRequest) return outer;
    if (record_.reason.empty()) return Reading::kUnread;
    const auto time = parse_log_time(record_.time);
    if (!time) return Reading::kUnread;
    if (record_.replica.empty()) return Reading::kReplica;
    Life& life = lives_[record_.replica];
    if (record_.reason == "AssigningReplica") keep_first(life.assigned, time->at);
    if (record_.reason == "ContainerStarted") keep_first(life.started, time->at);
    return Reading::kReplica;
  }
  std::vector<core::Duration> cold_starts() const override {
    std::vector<core::Duration> made;
    for (const auto& [replica, life] : lives_) {
      if (life.assigned && life.started && *life.started >= *life.assigned)
        made.push_back(*life.started - *life.assigned);
    }
    return made;
  }

 private:
  struct Life {
    std::optional<core::Duration> assigned;
    std::optional<core::Duration> started;
  };
  // Queries mostly give the newest record first.
  static void keep_first(std::optional<core::Duration>& kept, core::Duration at) {
    if (!kept || at < *kept) kept = at;
  }

  AzureTable table_;
  AzureRecord record_;
  std::map<std::string, Life> lives_;
};

}  // namespace

std::unique_ptr<LogFormat> make_azure_console() { return std::make_unique<AzureConsole>(); }
std::unique_ptr<LogFormat> make_azure_system() { return std::make_unique<AzureSystem>(); }

}  // namespace tenfold::sim
