#include "report/burst.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "report/words.hpp"

namespace tenfold::report {

namespace {

// Rests shorter than this do not end a burst: what a closed-loop client leaves between two of its requests.
constexpr core::Duration kRest = std::chrono::milliseconds{500};

core::TimePoint end_of(const RequestStory& request, core::TimePoint story_end) {
  return request.ended.value_or(story_end);
}

// Where nothing was under way for a while, a burst begins: the places of their first requests, and one past the last.
std::vector<std::size_t> bounds_of(const std::vector<RequestStory>& requests, core::TimePoint story_end) {
  std::vector<std::size_t> bounds;
  core::TimePoint busy_until{};
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (bounds.empty() || requests[i].arrived > busy_until + kRest) bounds.push_back(i);
    busy_until = std::max(busy_until, end_of(requests[i], story_end));
  }
  bounds.push_back(requests.size());
  return bounds;
}

void keep_largest(std::vector<RequestStory>& requests, const std::vector<std::size_t>& bounds) {
  std::size_t largest = 0;
  const auto size = [&](std::size_t burst) { return bounds[burst + 1] - bounds[burst]; };
  for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
    if (size(i) >= size(largest)) largest = i;
  }
  requests.erase(requests.begin() + static_cast<std::ptrdiff_t>(bounds[largest + 1]), requests.end());
  requests.erase(requests.begin(), requests.begin() + static_cast<std::ptrdiff_t>(bounds[largest]));
}

void count(Burst& burst, const RequestStory& request) {
  if (request.attempts > 1) ++burst.retried;
  if (request.goes_on) ++burst.went_on;
  if (request.cold_start > core::Duration::zero()) ++burst.cold_started;
  switch (request.end) {
    case End::kOpen:
      ++burst.unfinished;
      return;
    case End::kMissing:
      ++burst.missing;
      return;
    case End::kCancelled:
      ++burst.cancelled;
      return;
    case End::kRejected:
      ++burst.rejects[request.reason];
      break;
    case End::kAnswered:
      ++burst.shares[request.replica];
      if (request.status >= 400) ++burst.own_errors[request.status];
      break;
  }
  if (request.status != 0) ++burst.statuses[request.status];
}

void measure_times(Burst& burst, const std::vector<RequestStory>& requests, core::TimePoint story_end) {
  std::vector<double> wait;
  std::vector<double> service;
  std::vector<double> total;
  std::size_t waited = 0;
  double completions_s = 0;
  for (const RequestStory& request : requests) {
    burst.ended = std::max(burst.ended, end_of(request, story_end));
    count(burst, request);
    if (request.dispatched) {
      wait.push_back(seconds(*request.dispatched - request.arrived));
      if (*request.dispatched > request.arrived) ++waited;
    }
    if (request.dispatched == request.arrived) ++burst.took_slots_at_once;
    if (request.end != End::kAnswered) continue;
    service.push_back(seconds(*request.ended - *request.dispatched));
    total.push_back(seconds(*request.ended - request.arrived));
    completions_s += seconds(*request.ended - burst.began);
  }
  if (!wait.empty()) burst.p_wait = static_cast<double>(waited) / static_cast<double>(wait.size());
  if (!total.empty()) burst.mean_completion_s = completions_s / static_cast<double>(total.size());
  burst.wait = percentiles_of(std::move(wait));
  burst.service = percentiles_of(std::move(service));
  burst.total = percentiles_of(std::move(total));
}

// The load within the burst, begun with what held when it began.
void measure_load(Burst& burst, const std::vector<LoadPoint>& loads) {
  const auto first = std::ranges::lower_bound(loads, burst.began, {}, &LoadPoint::at);
  const auto last = std::ranges::upper_bound(loads, burst.ended, {}, &LoadPoint::at);
  if (first >= last) return;
  burst.load.assign(first, last);
  for (const LoadPoint& point : burst.load) {
    if (point.waiting <= burst.deepest_queue) continue;
    burst.deepest_queue = point.waiting;
    burst.deepest_at = point.at;
  }
}

}  // namespace

double Burst::makespan_s() const { return seconds(ended - began); }

Percentiles percentiles_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const auto size = static_cast<double>(values.size());
  const auto rank = [&](double fraction) {
    return values[static_cast<std::size_t>(std::max(0.0, std::ceil(fraction * size) - 1))];
  };
  return {.count = values.size(),
          .min_s = values.front(),
          .mean_s = std::accumulate(values.begin(), values.end(), 0.0) / size,
          .p50_s = rank(0.5),
          .p90_s = rank(0.9),
          .p95_s = rank(0.95),
          .p99_s = rank(0.99),
          .max_s = values.back()};
}

void choose_burst(Story& story, std::vector<RequestStory> requests, const std::vector<LoadPoint>& loads,
                  bool is_whole) {
  if (requests.empty()) return;
  const std::vector<std::size_t> bounds = bounds_of(requests, story.ended);
  story.bursts = is_whole ? 1 : bounds.size() - 1;
  if (!is_whole) keep_largest(requests, bounds);
  Burst burst{.began = requests.front().arrived, .last_arrival = requests.back().arrived};
  measure_times(burst, requests, story.ended);
  measure_load(burst, loads);
  burst.requests = std::move(requests);
  for (ReplicaStory& replica : story.replicas) {
    const auto share = burst.shares.find(replica.id);
    if (share != burst.shares.end()) replica.answered = share->second;
  }
  story.burst = std::move(burst);
}

}  // namespace tenfold::report
