#include "report/burst.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <unordered_map>
#include <utility>

#include "report/requests.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

constexpr core::Duration kShortestPause = std::chrono::milliseconds{500};
constexpr core::Duration kLongestPause = std::chrono::minutes{1};
// Of many arrivals some of the gaps tell the median.
constexpr std::size_t kGapsAsked = 100'000;

core::TimePoint end_of(const RequestStory& request, core::TimePoint story_end) {
  return request.ended.value_or(story_end);
}

// Requests from one place to another.
struct Stretch {
  std::size_t first = 0;
  std::size_t end = 0;
};

// Splits at the pauses.
std::vector<Stretch> stretches_of(const std::vector<RequestStory>& requests, core::Duration pause,
                                  core::TimePoint story_end) {
  std::vector<Stretch> stretches;
  core::TimePoint busy_until{};
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (stretches.empty() || requests[i].arrived > busy_until + pause) stretches.push_back({.first = i});
    stretches.back().end = i + 1;
    busy_until = std::max(busy_until, end_of(requests[i], story_end));
  }
  return stretches;
}

BurstLine line_of(std::span<const RequestStory> requests, core::TimePoint story_end) {
  BurstLine line{.began = requests.front().arrived, .requests = requests.size()};
  for (const RequestStory& request : requests) {
    line.ended = std::max(line.ended, end_of(request, story_end));
    if (has_failed(request)) ++line.failed;
  }
  return line;
}

std::size_t largest_of(const std::vector<BurstLine>& bursts) {
  std::size_t largest = 0;
  for (std::size_t i = 0; i < bursts.size(); ++i) {
    if (bursts[i].requests >= bursts[largest].requests) largest = i;
  }
  return largest;
}

Stretch within(const std::vector<RequestStory>& requests, const Selection& times, std::int64_t unix_time_at_zero_ns) {
  const auto at = [&](const RequestStory& request) {
    return request.arrived.time_since_epoch() + core::Duration{unix_time_at_zero_ns};
  };
  const auto first = std::ranges::lower_bound(requests, times.from, {}, at);
  const auto end = std::ranges::upper_bound(first, requests.end(), times.until, {}, at);
  return {static_cast<std::size_t>(first - requests.begin()), static_cast<std::size_t>(end - requests.begin())};
}

// What is selected of requests that make the story's bursts, which lie in `stretches`; empty where it is not there.
Stretch select(Story& story, const std::vector<RequestStory>& requests, const std::vector<Stretch>& stretches) {
  switch (story.selection.scope) {
    case Scope::kLargestBurst:
      story.told = largest_of(story.bursts);
      break;
    case Scope::kLastBurst:
      story.told = stretches.size() - 1;
      break;
    case Scope::kNumberedBurst:
      if (story.selection.number - 1 >= stretches.size()) return {};
      story.told = story.selection.number - 1;
      break;
    case Scope::kTimes:
      return within(requests, story.selection, story.unix_time_at_zero_ns);
    case Scope::kWholeRun:
      return {0, requests.size()};
  }
  return stretches[story.told];
}

// What each replica answered of the burst.
void share_out(std::vector<ReplicaStory>& replicas, const Burst& burst) {
  std::unordered_map<core::ReplicaId, ReplicaStory*> known;
  for (ReplicaStory& replica : replicas) known[replica.id] = &replica;
  for (const RequestStory& request : burst.requests) {
    const auto replica = known.find(request.replica);
    if (request.end != End::kAnswered || replica == known.end()) continue;
    ++replica->second->answered;
    if (has_failed(request)) ++replica->second->failed;
  }
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
  double cold_s = 0;
  for (const RequestStory& request : requests) {
    burst.ended = std::max(burst.ended, end_of(request, story_end));
    count(burst, request);
    if (request.dispatched) {
      wait.push_back(seconds(*request.dispatched - request.arrived));
      if (*request.dispatched > request.arrived) ++waited;
      cold_s += seconds(request.cold_start);
    }
    if (request.dispatched == request.arrived) ++burst.took_slots_at_once;
    if (request.end != End::kAnswered) continue;
    service.push_back(seconds(*request.ended - *request.dispatched));
    total.push_back(seconds(*request.ended - request.arrived));
    completions_s += seconds(*request.ended - burst.began);
  }
  if (!wait.empty()) {
    burst.p_wait = static_cast<double>(waited) / static_cast<double>(wait.size());
    burst.cold_mean_s = cold_s / static_cast<double>(wait.size());
  }
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

double rank_of(const std::vector<double>& sorted, double fraction) {
  const double place = std::ceil(fraction * static_cast<double>(sorted.size())) - 1;
  return sorted[static_cast<std::size_t>(std::max(0.0, place))];
}

Percentiles percentiles_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const auto size = static_cast<double>(values.size());
  return {.count = values.size(),
          .min_s = values.front(),
          .mean_s = std::accumulate(values.begin(), values.end(), 0.0) / size,
          .p50_s = rank_of(values, 0.5),
          .p90_s = rank_of(values, 0.9),
          .p95_s = rank_of(values, 0.95),
          .p99_s = rank_of(values, 0.99),
          .max_s = values.back()};
}

core::Duration pause_of(const std::vector<RequestStory>& requests) {
  const std::size_t stride = 1 + requests.size() / kGapsAsked;
  std::vector<core::Duration> gaps;
  for (std::size_t i = 1; i < requests.size(); i += stride)
    gaps.push_back(requests[i].arrived - requests[i - 1].arrived);
  if (gaps.empty()) return kShortestPause;
  const auto median = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::ranges::nth_element(gaps, median);
  // What is beyond the bound is at it, also where ten times as much would be beyond all numbers.
  return *median >= kLongestPause ? kLongestPause : std::clamp(10 * *median, kShortestPause, kLongestPause);
}

void choose_burst(Story& story, std::vector<RequestStory> requests, const std::vector<LoadPoint>& loads) {
  if (requests.empty()) return;
  const bool is_whole = story.selection.scope == Scope::kWholeRun;
  story.pause = pause_of(requests);
  const std::vector<Stretch> stretches =
      is_whole ? std::vector{Stretch{0, requests.size()}} : stretches_of(requests, story.pause, story.ended);
  for (const auto& [first, end] : stretches)
    story.bursts.push_back(line_of(std::span{requests}.subspan(first, end - first), story.ended));
  const auto [first, end] = select(story, requests, stretches);
  if (first == end) return;
  Burst burst{.began = requests[first].arrived, .last_arrival = requests[end - 1].arrived};
  if (end < requests.size()) burst.told_until = requests[end].arrived;
  requests.erase(requests.begin() + static_cast<std::ptrdiff_t>(end), requests.end());
  requests.erase(requests.begin(), requests.begin() + static_cast<std::ptrdiff_t>(first));
  measure_times(burst, requests, story.ended);
  measure_load(burst, loads);
  burst.requests = std::move(requests);
  share_out(story.replicas, burst);
  story.burst = std::move(burst);
}

}  // namespace tenfold::report
