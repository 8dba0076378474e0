#include "report/request_usage.hpp"

#include <algorithm>
#include <ranges>
#include <variant>

#include "report/words.hpp"

namespace tenfold::report {

namespace {

// Samples come every second; a simulation has none.
constexpr std::chrono::seconds kPatience{10};

core::Duration overlap(core::TimePoint from, core::TimePoint until, core::TimePoint since, core::TimePoint to) {
  return std::max(core::Duration::zero(), std::min(until, to) - std::max(from, since));
}

}  // namespace

// Another service begins.
void RequestUsage::take(const core::Checkpoint& checkpoint) {
  if (checkpoint.started) return;
  replicas_.clear();
  where_.clear();
  ends_.clear();
}

void RequestUsage::take(const journal::Step& step) {
  give_up_before(step.now - kPatience);
  if (const auto* finished = std::get_if<core::ResponseFinished>(&step.event)) {
    const auto where = where_.find(finished->request);
    if (where != where_.end()) end(finished->request, where->second, step.now);
  }
  if (const auto* sample = std::get_if<core::UsageSampled>(&step.event)) share(*sample, step.now);
  if (const auto* exited = std::get_if<core::ReplicaExited>(&step.event)) forget(exited->replica);
  if (const auto* ready = std::get_if<core::ReplicaReady>(&step.event)) end({}, ready->replica, step.now);
  for (const core::Action& action : step.actions) {
    if (const auto* start = std::get_if<core::StartReplica>(&action))
      replicas_[start->replica].open.push_back({.from = step.now, .is_start = true});
    if (const auto* dispatch = std::get_if<core::Dispatch>(&action))
      begin(dispatch->request, dispatch->replica, step.now);
  }
}

// Of one that had a slot before only the last time counts.
void RequestUsage::begin(core::RequestId request, core::ReplicaId replica, core::TimePoint now) {
  if (const auto before = where_.find(request); before != where_.end()) {
    const auto is_it = [request](const Visit& visit) { return !visit.is_start && visit.request == request; };
    std::erase_if(replicas_[before->second].open, is_it);
    std::erase_if(replicas_[before->second].ended, is_it);
  }
  std::vector<Visit>& open = replicas_[replica].open;
  for (Visit& other : open) other.was_alone = false;
  open.push_back({.request = request, .from = now, .was_alone = open.empty()});
  where_[request] = replica;
}

// The replica's start, of no request.
void RequestUsage::end(core::RequestId request, core::ReplicaId replica, core::TimePoint now) {
  Replica& of = replicas_[replica];
  const auto visit = std::ranges::find(of.open, request, &Visit::request);
  if (visit == of.open.end()) return;
  visit->until = now;
  of.ended.push_back(*visit);
  of.open.erase(visit);
  ends_.emplace_back(now, replica);
}

void RequestUsage::share(const core::UsageSampled& sample, core::TimePoint now) {
  const auto entry = replicas_.find(sample.replica);
  if (entry == replicas_.end()) return;
  Replica& replica = entry->second;
  const core::TimePoint since = now - sample.wall;
  core::Duration busy{};
  const auto add = [&](const Visit& visit) { busy += overlap(visit.from, visit.until, since, now); };
  std::ranges::for_each(replica.open, add);
  std::ranges::for_each(replica.ended, add);
  const auto give = [&](Visit& visit) {
    const core::Duration part = overlap(visit.from, visit.until, since, now);
    if (part == core::Duration::zero()) return;
    const double cpu_ns = static_cast<double>(sample.cpu.count()) * (seconds(part) / seconds(busy));
    visit.used.cpu += core::Duration{static_cast<core::Duration::rep>(cpu_ns)};
    visit.used.most_memory = std::max(visit.used.most_memory, sample.memory);
    visit.covered += part;
  };
  std::ranges::for_each(replica.open, give);
  std::ranges::for_each(replica.ended, give);
  // Samples come by another process: a hundredth of the time may lie between two of them.
  constexpr double kCovered = 0.99;
  for (const Visit& visit : replica.ended)
    tell(visit, visit.was_alone && seconds(visit.covered) >= kCovered * seconds(visit.until - visit.from));
  replica.ended.clear();
}

void RequestUsage::give_up_before(core::TimePoint time) {
  for (; !ends_.empty() && ends_.front().first < time; ends_.pop_front()) {
    const auto replica = replicas_.find(ends_.front().second);
    if (replica == replicas_.end()) continue;
    std::deque<Visit>& ended = replica->second.ended;
    for (; !ended.empty() && ended.front().until <= ends_.front().first; ended.pop_front()) tell(ended.front(), false);
  }
}

void RequestUsage::forget(core::ReplicaId replica) {
  const auto node = replicas_.extract(replica);
  if (node.empty()) return;
  for (const Visit& visit : node.mapped().ended) tell(visit, false);
  for (const Visit& visit : node.mapped().open) tell(visit, false);
}

void RequestUsage::tell(const Visit& visit, bool is_known) {
  if (visit.is_start) return;
  where_.erase(visit.request);
  on_known_(visit.request, is_known ? std::optional{visit.used} : std::nullopt);
}

}  // namespace tenfold::report
