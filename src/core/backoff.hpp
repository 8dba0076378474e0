// The pause after starts that fail.
#pragma once

#include "core/checkpoint.hpp"
#include "core/settings.hpp"
#include "core/time.hpp"

namespace tenfold::core {

// Doubles with each failure in a row, from `backoff_first` to `backoff_max`. A replica that failed after it had
// answered a request, or had been ready for `backoff_reset`, was no failed start and is replaced at once, however often
// that comes: who kills replicas that work must not keep others from starting. One that was started that long after the
// pause starts the count anew.
class Backoff {
 public:
  explicit Backoff(const ReplicaSettings& settings, const BackoffRecord& record = {})
      : settings_{settings}, record_{record} {}

  void configure(const ReplicaSettings& settings) { settings_ = settings; }

  // A start failed that began at `started`. One that began long after the pause that was due is none of the row.
  void failed(TimePoint now, TimePoint started);

  // No replica is started before this.
  TimePoint next_start() const { return record_.last_failure + record_.pause; }

  const BackoffRecord& save() const { return record_; }

 private:
  ReplicaSettings settings_;
  BackoffRecord record_;
};

}  // namespace tenfold::core
