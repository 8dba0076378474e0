#include "report/tally.hpp"

#include <algorithm>
#include <utility>

#include "report/requests.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

// Columns of what is drawn over time: so many where the time is known, up to twice as many where it is not.
constexpr std::int64_t kWaitColumns = 220;
constexpr std::int64_t kLaneColumns = 4 * kWaitColumns;
constexpr core::Duration kFirstColumn = std::chrono::milliseconds{4};
constexpr std::size_t kExactOfClass = 4096;
constexpr int kDigitsOfClass = 2;

core::Duration length_of(const RequestStory& request) {
  return request.ended.value_or(request.arrived) - request.arrived;
}

// A column's share of the time in a slot.
void add_busy(TimeColumns<BusyColumn>& lane, core::TimePoint from, core::TimePoint until) {
  lane.at(until);  // from here on the columns keep their width
  while (from < until) {
    BusyColumn& column = lane.at(from);
    const core::Duration passed = std::max(core::Duration::zero(), from - lane.began());
    const core::TimePoint next = lane.began() + (passed / lane.width() + 1) * lane.width();
    column.busy_s += seconds(std::min(next, until) - from);
    from = next;
  }
}

}  // namespace

void WaitColumn::merge(const WaitColumn& other) {
  requests += other.requests;
  failed += other.failed;
  left += other.left;
  waits.merge(other.waits);
  cold_s += other.cold_s;
}

Percentiles percentiles_of(const Distribution& times) {
  return {.count = times.count(),
          .min_s = times.min_s(),
          .mean_s = times.mean_s(),
          .p50_s = times.percentile_s(0.5),
          .p90_s = times.percentile_s(0.9),
          .p95_s = times.percentile_s(0.95),
          .p99_s = times.percentile_s(0.99),
          .max_s = times.max_s()};
}

void ArrivalWindow::add(core::TimePoint at) {
  // Of very many those that are together within a thousandth of the window count as at once.
  constexpr std::size_t kMany = 100'000;
  const bool is_together = !within_.empty() && (within_.back().at == at ||
                                                (within_.size() >= kMany && at - within_.back().at < span_ / 1000));
  if (is_together) {
    ++within_.back().count;
  } else {
    within_.push_back({.at = at, .count = 1});
  }
  ++count_;
  while (at - within_.front().at >= span_ && within_.size() > 1) {
    count_ -= within_.front().count;
    within_.pop_front();
  }
  most_ = std::max(most_, count_);
}

Tally::Tally(const Frame& frame) {
  burst_.began = burst_.last_arrival = burst_.ended = frame.began;
  const bool is_known = frame.makespan > core::Duration::zero();
  const auto width = [&](std::int64_t columns) { return is_known ? frame.makespan / columns : kFirstColumn; };
  burst_.waits = {frame.began, width(kWaitColumns), 2 * kWaitColumns};
  column_ = width(kLaneColumns);
  burst_.stride = std::max<std::uint64_t>(1, (frame.arrivals + Burst::kMostKept - 1) / Burst::kMostKept);
}

void Tally::add(const RequestStory& request, std::uint64_t order, core::TimePoint story_end) {
  const core::TimePoint ended = request.ended.value_or(story_end);
  ++burst_.arrivals;
  burst_.last_arrival = std::max(burst_.last_arrival, request.arrived);
  burst_.ended = std::max(burst_.ended, ended);
  count(request);
  add_to(times_, request);
  add_to(classes_.try_emplace(request.klass, kExactOfClass, kDigitsOfClass).first->second, request);
  if (request.dispatched) {
    cold_s_ += seconds(request.cold_start);
    if (*request.dispatched > request.arrived) ++waited_;
  }
  if (request.dispatched == request.arrived) {
    ++burst_.took_slots_at_once;
    took_at_once_.insert(request.replica);
  }
  if (request.end == End::kAnswered) completions_s_ += seconds(*request.ended - burst_.began);
  sample(request, order);
  if (request.ended) keep_slow(request);
  if (has_failed(request)) keep_failed(request, order);
  draw(request, ended);
}

Burst Tally::finish(const std::map<core::RequestClass, std::string>& names) {
  const auto in_order = [](std::vector<Sampled>& sampled, std::vector<RequestStory>& requests) {
    std::ranges::sort(sampled, {}, &Sampled::order);
    requests.reserve(sampled.size());
    for (const Sampled& each : sampled) requests.push_back(each.request);
  };
  in_order(sample_, burst_.requests);
  in_order(failed_, burst_.failed);
  keep_busiest_lanes();
  burst_.took_at_once.assign(took_at_once_.begin(), took_at_once_.end());
  burst_.wait = percentiles_of(times_.wait);
  burst_.service = percentiles_of(times_.service);
  burst_.total = percentiles_of(times_.total);
  if (burst_.wait.count > 0) {
    burst_.p_wait = static_cast<double>(waited_) / static_cast<double>(burst_.wait.count);
    burst_.cold_mean_s = cold_s_ / static_cast<double>(burst_.wait.count);
  }
  if (burst_.total.count > 0) burst_.mean_completion_s = completions_s_ / static_cast<double>(burst_.total.count);
  for (const auto& [klass, times] : classes_) {
    const auto named = names.find(klass);
    burst_.classes.push_back({.name = named == names.end() ? "" : named->second,
                              .requests = times.requests,
                              .failed = times.failed,
                              .wait = percentiles_of(times.wait),
                              .service = percentiles_of(times.service),
                              .total = percentiles_of(times.total)});
  }
  std::ranges::stable_sort(burst_.classes, std::ranges::greater{}, &GroupStory::requests);
  return std::move(burst_);
}

void Tally::add_to(Times& times, const RequestStory& request) {
  ++times.requests;
  if (has_failed(request)) ++times.failed;
  if (request.dispatched) times.wait.add(*request.dispatched - request.arrived);
  if (request.end != End::kAnswered) return;
  times.service.add(*request.ended - *request.dispatched);
  times.total.add(length_of(request));
}

void Tally::count(const RequestStory& request) {
  if (request.attempts > 1) ++burst_.retried;
  if (request.goes_on) ++burst_.went_on;
  if (request.cold_start > core::Duration::zero()) ++burst_.cold_started;
  switch (request.end) {
    case End::kOpen:
      ++burst_.unfinished;
      return;
    case End::kMissing:
      ++burst_.missing;
      return;
    case End::kCancelled:
      ++burst_.cancelled;
      return;
    case End::kRejected:
      ++burst_.rejects[request.reason];
      break;
    case End::kAnswered:
      ++burst_.shares[request.replica];
      if (request.status >= 400) {
        ++burst_.own_errors[request.status];
        ++burst_.failed_shares[request.replica];
      }
      break;
  }
  if (request.status != 0) ++burst_.statuses[request.status];
}

void Tally::sample(const RequestStory& request, std::uint64_t order) {
  if (order % burst_.stride != 0) return;
  sample_.push_back({.order = order, .request = request});
  while (sample_.size() > Burst::kMostKept) thin_sample();
}

void Tally::thin_sample() {
  burst_.stride *= 2;
  std::erase_if(sample_, [this](const Sampled& each) { return each.order % burst_.stride != 0; });
}

void Tally::keep_slow(const RequestStory& request) {
  const auto is_slower = [](const RequestStory& a, const RequestStory& b) {
    return std::pair{-length_of(a), a.id} < std::pair{-length_of(b), b.id};
  };
  std::vector<RequestStory>& slowest = burst_.slowest;
  if (slowest.size() == Burst::kNamed) {
    if (!is_slower(request, slowest.back())) return;
    slowest.pop_back();
  }
  slowest.insert(std::ranges::upper_bound(slowest, request, is_slower), request);
}

void Tally::keep_failed(const RequestStory& request, std::uint64_t order) {
  ++burst_.failures;
  failed_.push_back({.order = order, .request = request});
  std::ranges::push_heap(failed_, {}, &Sampled::order);
  if (failed_.size() <= Burst::kNamed) return;
  std::ranges::pop_heap(failed_, {}, &Sampled::order);
  failed_.pop_back();
}

void Tally::draw(const RequestStory& request, core::TimePoint ended) {
  WaitColumn& column = burst_.waits.at(request.arrived);
  ++column.requests;
  if (has_failed(request)) ++column.failed;
  if (request.end == End::kCancelled) ++column.left;
  column.waits.add(request.dispatched.value_or(ended) - request.arrived);
  column.cold_s += seconds(request.cold_start);
  if (!request.dispatched) return;
  LaneStory& lane = lane_of(request.replica);
  const core::TimePoint from = std::max(*request.dispatched, burst_.began);
  add_busy(lane.columns, from, ended);
  lane.busy_s += seconds(ended - from);
}

// Those that were least busy go.
void Tally::keep_busiest_lanes() {
  if (burst_.lanes.size() <= Burst::kMostLanes) return;
  std::vector<std::pair<double, core::ReplicaId>> by_use;
  by_use.reserve(burst_.lanes.size());
  for (const auto& [replica, lane] : burst_.lanes) by_use.emplace_back(lane.busy_s, replica);
  std::ranges::sort(by_use);
  by_use.resize(by_use.size() - Burst::kMostLanes);
  for (const auto& [busy_s, replica] : by_use) burst_.lanes.erase(replica);
}

// Many replicas may come and go: they are sorted out when there are twice too many.
LaneStory& Tally::lane_of(core::ReplicaId replica) {
  const auto known = burst_.lanes.find(replica);
  if (known != burst_.lanes.end()) return known->second;
  if (burst_.lanes.size() == 2 * Burst::kMostLanes) keep_busiest_lanes();
  constexpr auto kMostColumns = static_cast<std::size_t>(2 * kLaneColumns);
  return burst_.lanes.emplace(replica, LaneStory{.columns = {burst_.began, column_, kMostColumns}}).first->second;
}

}  // namespace tenfold::report
