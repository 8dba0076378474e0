#include "sim/recorder.hpp"

#include <algorithm>
#include <utility>

#include "core/time.hpp"

namespace tenfold::sim {

// Requests without a class count too, as class 0, once there are others.
ClassResult& Recorder::class_of(const Counted& request) {
  if (result_.classes.empty()) {
    result_.classes.push_back({.wait = result_.wait,
                               .total = result_.total,
                               .requests = result_.requests,
                               .answered = result_.answered,
                               .rejected = result_.rejected,
                               .left = result_.left});
  }
  const std::size_t number = core::to_number(request.klass);
  if (result_.classes.size() <= number) result_.classes.resize(number + 1);
  return result_.classes[number];
}

void Recorder::arrived(const Counted& request) {
  if (!counts(request)) return;
  if (has_classes(request)) ++class_of(request).requests;
  if (result_.requests++ == 0) first_arrival_ = last_end_ = request.arrived;
}

void Recorder::dispatched(const Counted& request, core::TimePoint now) {
  if (!counts(request)) return;
  const core::Duration wait = now - request.arrived;
  if (has_classes(request)) class_of(request).wait.add(wait);
  ++result_.dispatched;
  if (wait > core::Duration::zero()) ++result_.waited;
  result_.wait.add(wait);
}

void Recorder::answered(const Counted& request, core::TimePoint now) {
  if (!counts(request)) return;
  if (has_classes(request)) {
    ClassResult& own = class_of(request);
    ++own.answered;
    own.total.add(now - request.arrived);
  }
  ++result_.answered;
  result_.total.add(now - request.arrived);
  completion_s_ += core::to_seconds(now - first_arrival_);
  last_end_ = now;
}

void Recorder::rejected(const Counted& request, core::TimePoint now) {
  if (!counts(request)) return;
  if (has_classes(request)) ++class_of(request).rejected;
  ++result_.rejected;
  last_end_ = now;
}

void Recorder::left(const Counted& request, core::TimePoint now, bool was_waiting) {
  if (!counts(request)) return;
  if (has_classes(request)) ++class_of(request).left;
  ++result_.left;
  result_.left_waiting += was_waiting ? 1 : 0;
  last_end_ = now;
}

void Recorder::replica_started(core::TimePoint now) {
  if (now >= counts_from_) ++result_.starts;
  change(now, {.replicas = +1});
}

void Recorder::replica_ready(core::TimePoint now) { change(now, {.ready = +1}); }

void Recorder::replica_gone(core::TimePoint now, bool was_ready) {
  change(now, {.replicas = -1, .ready = was_ready ? -1 : 0});
}

void Recorder::pause(core::TimePoint now) {
  change(now, {});
  is_paused_ = true;
}

void Recorder::resume(core::TimePoint now) {
  counted_until_ = now;
  is_paused_ = false;
}

void Recorder::change(core::TimePoint now, const ReplicaMeter::Counts& by) {
  const core::TimePoint since = std::max(std::exchange(counted_until_, now), counts_from_);
  if (now > since) note_most();
  if (now > since && !is_paused_) meter_.pass(now - since);
  meter_.change(by);
  if (now >= counts_from_) note_most();
}

void Recorder::note_most() { result_.most_replicas = std::max(result_.most_replicas, meter_.replicas()); }

Result Recorder::finish(core::TimePoint now, core::TimePoint began) {
  change(now, {});
  result_.makespan = last_end_ - first_arrival_;
  const double mean_s = result_.answered == 0 ? 0 : completion_s_ / static_cast<double>(result_.answered);
  result_.mean_completion = std::chrono::duration_cast<core::Duration>(std::chrono::duration<double>{mean_s});
  result_.replica_s = meter_.replica_s();
  result_.busy_replica_s = meter_.busy_s();
  result_.idle_replica_s = meter_.idle_s();
  result_.duration = now - began;
  result_.counted = std::max(core::Duration::zero(), now - std::max(began, counts_from_));
  result_.ended = now;
  return std::move(result_);
}

}  // namespace tenfold::sim
