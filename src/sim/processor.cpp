#include "sim/processor.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cmath>

namespace tenfold::sim {

namespace {

constexpr std::int64_t kTicksPerNs = 16;
constexpr core::Duration kLongest = std::chrono::hours{24 * 365};
// No end is ever set further ahead. Clocks stay below it too, for nine years without a moment of rest, so that no sum
// overflows.
constexpr std::int64_t kFar = std::int64_t{1} << 62;

// How long it takes to pass `left` ticks, of which `rest` has passed, at this slowdown. Exact where nothing is slowed
// down.
std::int64_t stretch(std::int64_t left, double rest, double slowdown) {
  if (left <= 0 || slowdown == 1) return std::max<std::int64_t>(0, left);
  const double stretched = std::ceil((static_cast<double>(left) - rest) * slowdown);
  return stretched < static_cast<double>(kFar) ? static_cast<std::int64_t>(stretched) : kFar;
}

}  // namespace

void Processor::Clock::pass(Ticks span, double slowdown) {
  if (slowdown == 1) {
    ticks += span;
    return;
  }
  const double exact = static_cast<double>(span) / slowdown + rest;
  const auto whole = static_cast<Ticks>(exact);
  ticks += whole;
  rest = exact - static_cast<double>(whole);
}

void Processor::Clock::reach(Ticks at) {
  if (ticks < at) *this = {.ticks = at};
}

Processor::Processor(double cores, double cpu, bool is_cpu_bound)
    : cores_{cores}, cpu_{cpu}, is_cpu_bound_{is_cpu_bound} {
  assert(cores >= 0 && cpu > 0);
}

void Processor::start(core::TimePoint now, core::RequestId request, core::Slot replica, core::Duration service) {
  advance(now);
  if (replicas_.size() <= replica) replicas_.resize(replica + 1);
  Replica& r = replicas_[replica];
  read(r);
  const core::Slot job = jobs_.insert({.id = request, .replica = replica});
  const Ticks work = std::clamp(service, core::Duration::zero(), kLongest).count() * kTicksPerNs;
  count(r.running, -1);
  enter(r, job, {.at = r.clock.ticks + work, .order = started_++});
  count(++r.running, +1);
  reschedule(replica);
}

void Processor::enter(Replica& replica, core::Slot job, const Due& due) {
  if (replica.running == 0) {
    replica.is_alone = true;
    replica.alone = job;
    replica.alone_due = due;
    return;
  }
  if (replica.is_alone) {
    replica.is_alone = false;
    replica.ends.set(place_for(replica, replica.alone), replica.alone_due);
  }
  replica.ends.set(place_for(replica, job), due);
}

core::Slot Processor::place_for(Replica& replica, core::Slot job) {
  core::Slot place = static_cast<core::Slot>(replica.jobs.size());
  if (replica.free_places.empty()) {
    replica.jobs.push_back(job);
  } else {
    place = replica.free_places.back();
    replica.free_places.pop_back();
    replica.jobs[place] = job;
  }
  jobs_[job].place = place;
  return place;
}

void Processor::cancel(core::TimePoint now, core::RequestId request) {
  advance(now);
  remove(*jobs_.find(request));
}

core::RequestId Processor::finish(core::TimePoint now) {
  assert(next_finish() && *next_finish() <= now);
  advance(now);
  // Both clocks are there, but for a rounding error.
  clock_.reach(next_.top_key().at);
  Replica& r = replicas_[next_.top()];
  read(r);
  r.clock.reach(r.next_due().at);
  const core::Slot job = r.next_job();
  const core::RequestId id = jobs_[job].id;
  remove(job);
  return id;
}

std::optional<core::TimePoint> Processor::next_finish() const {
  if (next_.empty()) return std::nullopt;
  const Ticks left = stretch(next_.top_key().at - clock_.ticks, clock_.rest, slowdown_);
  return now_ + core::Duration{(left + kTicksPerNs - 1) / kTicksPerNs};
}

core::Duration Processor::cpu_used(core::TimePoint now, core::Slot replica) {
  advance(now);
  if (replicas_.size() <= replica) return {};
  Replica& r = replicas_[replica];
  if (r.running > 0) read(r);
  return core::Duration{static_cast<core::Duration::rep>(r.cpu_ticks / kTicksPerNs)};
}

core::Duration Processor::cpu_waited(core::TimePoint now, core::Slot replica) {
  const core::Duration used = cpu_used(now, replica);
  if (!is_cpu_bound_ || replicas_.size() <= replica) return {};
  const core::Duration wanted{static_cast<core::Duration::rep>(replicas_[replica].wanted_ns)};
  return std::max(wanted - used, core::Duration::zero());
}

// How much longer each of a replica's requests takes than alone in it, on a machine with cores enough.
double Processor::slowdown(std::uint32_t running) const {
  if (!is_cpu_bound_) return 1;
  return std::max(1.0, static_cast<double>(running) / std::max(1.0, cpu_));
}

double Processor::cores_of(std::uint32_t running) const {
  return is_cpu_bound_ ? std::min(cpu_, static_cast<double>(running)) : 0;
}

void Processor::advance(core::TimePoint now) {
  assert(now >= now_);
  if (now == now_) return;
  if (!next_.empty()) clock_.pass((now - now_).count() * kTicksPerNs, slowdown_);
  now_ = now;
}

// Brings the replica's own clock up to the machine's.
void Processor::read(Replica& replica) const {
  replica.wanted_ns += replica.running * static_cast<double>((now_ - replica.wanted_at).count());
  replica.wanted_at = now_;
  const Ticks span = clock_.ticks - replica.read_at;
  replica.read_at = clock_.ticks;
  if (replica.running == 0 || span == 0) return;
  replica.clock.pass(span, slowdown(replica.running));
  replica.cpu_ticks += static_cast<double>(span) * cores_of(replica.running);
}

void Processor::remove(core::Slot job) {
  const Job removed = jobs_[job];
  Replica& r = replicas_[removed.replica];
  read(r);
  count(r.running, -1);
  if (r.is_alone) {
    r.is_alone = false;
  } else {
    r.ends.erase(removed.place);
    r.free_places.push_back(removed.place);
  }
  count(--r.running, +1);
  jobs_.erase(job);
  if (r.running == 0) r.clock = {};
  reschedule(removed.replica);
}

// Counts a replica with so many requests in, or out.
void Processor::count(std::uint32_t running, int change) {
  const double requests = static_cast<double>(running);
  if (requests >= cpu_) {
    full_replicas_ += change;
  } else {
    free_requests_ += change * static_cast<std::int64_t>(running);
  }
}

// The replica's next end, and with it the machine's speed, may have changed.
void Processor::reschedule(core::Slot replica) {
  const Replica& r = replicas_[replica];
  if (r.running == 0) {
    next_.erase(replica);
    if (next_.empty()) clock_ = {};  // nothing refers to it
  } else {
    const Ticks ahead = stretch(r.next_due().at - r.clock.ticks, r.clock.rest, slowdown(r.running));
    next_.set(replica, {.at = r.read_at + ahead, .order = r.next_due().order});
  }
  if (!is_cpu_bound_ || cores_ == 0) return;
  const double demand = static_cast<double>(full_replicas_) * cpu_ + static_cast<double>(free_requests_);
  slowdown_ = demand > cores_ ? demand / cores_ : 1;
}

}  // namespace tenfold::sim
