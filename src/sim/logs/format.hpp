// The formats of logs that are known.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "sim/logs/entry.hpp"

namespace tenfold::sim {

// Reads the records of a file, one after the other.
class LogFormat {
 public:
  LogFormat() = default;
  LogFormat(const LogFormat&) = delete;
  LogFormat& operator=(const LogFormat&) = delete;
  virtual ~LogFormat() = default;

  // Whatever `record` holds. `entry` means something for Reading::kRequest alone.
  virtual Reading read(std::string_view record, LogEntry& entry) = 0;
  // A request that was kept back because the next record might have told more of it.
  virtual bool finish(LogEntry& /*entry*/) { return false; }
  // From a replica's start until it ran, of a log of replicas.
  virtual std::vector<core::Duration> cold_starts() const { return {}; }
};

struct LogKind {
  std::string_view name;   // as `format=` takes it
  std::string_view words;  // for people
  std::unique_ptr<LogFormat> (*make)();
};

// All of them; where a line could be of two, the first one is meant.
const std::vector<LogKind>& log_kinds();

}  // namespace tenfold::sim
