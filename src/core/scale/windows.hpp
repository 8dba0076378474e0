// The average of a value by the second over a window that moves, as Knative's autoscaler takes it.
#pragma once

#include <cstdint>

#include "core/checkpoint.hpp"
#include "core/time.hpp"

namespace tenfold::core {

// Source: knative/serving pkg/autoscaler/aggregation/bucketing.go, TimedFloat64Buckets with a granularity of 1 s.
//
//   SecondsWindow panic{std::chrono::seconds{6}};
//   panic.record(10, 4.0);                      // in second 10
//   panic.average(10);                          // 4: only the seconds since the first count, until the window is full
//
// A second of the window in which nothing was recorded counts as zero; those after the last record do not count. After
// a whole window without a record the average is zero, and the next record begins anew.
class SecondsWindow {
 public:
  // As many seconds as `length` has begun, at least one.
  explicit SecondsWindow(Duration length);

  // Adds `value` to that of `second`, which is never before an earlier one.
  void record(std::int64_t second, double value);

  // As of second `now`, rounded to six digits after the point.
  double average(std::int64_t now) const;
  // Nothing was recorded for longer than the window.
  bool is_empty(std::int64_t now) const { return !state_.has_data || now - state_.last > length(); }

  const WindowRecord& save() const { return state_; }
  // Starts empty where `record` is of another length.
  void load(const WindowRecord& record);

 private:
  std::int64_t length() const { return static_cast<std::int64_t>(state_.seconds.size()); }
  double& at(std::int64_t second) { return state_.seconds[index(second)]; }
  std::size_t index(std::int64_t second) const;
  void begin_at(std::int64_t second);

  WindowRecord state_;
};

}  // namespace tenfold::core
