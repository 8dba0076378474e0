#include "sim/recorder.hpp"

#include <algorithm>
#include <utility>

namespace tenfold::sim {

namespace {

double seconds(core::Duration span) { return std::chrono::duration<double>{span}.count(); }

}  // namespace

void Recorder::arrived(core::TimePoint now) {
  if (result_.requests++ == 0) first_arrival_ = last_end_ = now;
}

void Recorder::dispatched(core::TimePoint arrived, core::TimePoint now) {
  ++result_.dispatched;
  if (now > arrived) ++result_.waited;
  result_.wait.add(now - arrived);
}

void Recorder::answered(core::TimePoint arrived, core::TimePoint now) {
  ++result_.answered;
  result_.total.add(now - arrived);
  completion_s_ += seconds(now - first_arrival_);
  last_end_ = now;
}

void Recorder::rejected(core::TimePoint now) {
  ++result_.rejected;
  last_end_ = now;
}

void Recorder::left(core::TimePoint now, bool was_waiting) {
  ++result_.left;
  result_.left_waiting += was_waiting ? 1 : 0;
  last_end_ = now;
}

void Recorder::replica_started(core::TimePoint now) {
  ++result_.starts;
  change(now, +1, 0);
  result_.most_replicas = std::max(result_.most_replicas, static_cast<std::uint32_t>(replicas_));
}

void Recorder::replica_gone(core::TimePoint now) { change(now, -1, 0); }

void Recorder::change(core::TimePoint now, int replicas, int busy) {
  const double span = seconds(now - std::exchange(counted_until_, now));
  result_.replica_s += span * static_cast<double>(replicas_);
  result_.busy_replica_s += span * static_cast<double>(busy_);
  replicas_ += replicas;
  busy_ += busy;
}

Result Recorder::finish(core::TimePoint now, core::TimePoint began) {
  change(now, 0, 0);
  result_.makespan = last_end_ - first_arrival_;
  const double mean_s = result_.answered == 0 ? 0 : completion_s_ / static_cast<double>(result_.answered);
  result_.mean_completion = std::chrono::duration_cast<core::Duration>(std::chrono::duration<double>{mean_s});
  result_.duration = now - began;
  result_.ended = now;
  return std::move(result_);
}

}  // namespace tenfold::sim
