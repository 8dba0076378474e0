#include "report/burst.hpp"

#include <algorithm>
#include <span>
#include <tuple>

#include "report/load_curve.hpp"
#include "report/tally.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

std::size_t largest_of(const std::vector<BurstLine>& bursts) {
  std::size_t largest = 0;
  for (std::size_t i = 0; i < bursts.size(); ++i) {
    if (bursts[i].requests >= bursts[largest].requests) largest = i;
  }
  return largest;
}

// By the core's clock, at which it was zero when the wall clock said `unix_time_at_zero_ns`.
ArrivalRange times_of(const Selection& selection, std::int64_t unix_time_at_zero_ns) {
  const core::Duration zero{unix_time_at_zero_ns};
  const bool has_end = selection.until != core::Duration::max();
  return {.first = core::TimePoint{selection.from - zero},
          .last = has_end ? core::TimePoint{selection.until - zero} : core::kNever};
}

core::TimePoint end_of(const RequestStory& request, core::TimePoint story_end) {
  return request.ended.value_or(story_end);
}

// The load within the burst.
void measure_load(Burst& burst, const std::vector<LoadPoint>& loads) {
  const auto first = std::ranges::lower_bound(loads, burst.began, {}, &LoadPoint::at);
  const auto last = std::ranges::upper_bound(loads, burst.ended, {}, &LoadPoint::at);
  if (first >= last) return;
  burst.load.assign(first, last);
  burst.load_facts = facts_of(std::span{burst.load});
}

std::uint64_t most_within(core::Duration span, std::span<const KeptRequest> requests) {
  ArrivalWindow window{span};
  for (const KeptRequest& kept : requests) window.add(kept.request.arrived);
  return window.most();
}

}  // namespace

double Burst::makespan_s() const { return seconds(ended - began); }

std::optional<ArrivalRange> select(Story& story, const Outline& outline) {
  const bool is_whole = story.selection.scope == Scope::kWholeRun;
  story.pause = outline.pause();
  story.bursts = is_whole ? std::vector{outline.whole(story.ended)} : outline.bursts(story.ended);
  switch (story.selection.scope) {
    case Scope::kLargestBurst:
      story.told = largest_of(story.bursts);
      break;
    case Scope::kLastBurst:
      story.told = story.bursts.size() - 1;
      break;
    case Scope::kNumberedBurst:
      if (story.selection.number - 1 >= story.bursts.size()) return std::nullopt;
      story.told = story.selection.number - 1;
      break;
    case Scope::kTimes:
      return times_of(story.selection, story.unix_time_at_zero_ns);
    case Scope::kWholeRun:
      break;
  }
  const BurstLine& told = story.bursts[story.told];
  return ArrivalRange{.first = told.began, .last = told.last_arrival};
}

bool is_all(const Story& story, const ArrivalRange& range) {
  return range.contains(story.bursts.front().began) && range.contains(story.bursts.back().last_arrival);
}

std::optional<Burst> measure(const Story& story, std::vector<KeptRequest> requests, const ArrivalRange& range,
                             const std::vector<LoadPoint>& loads) {
  std::ranges::sort(requests, {}, [](const KeptRequest& kept) { return std::tuple{kept.request.arrived, kept.order}; });
  const auto arrived = [](const KeptRequest& kept) { return kept.request.arrived; };
  const auto first = std::ranges::lower_bound(requests, range.first, {}, arrived);
  const auto last = std::ranges::upper_bound(first, requests.end(), range.last, {}, arrived);
  if (first == last) return std::nullopt;
  const std::span selected{first, last};
  const core::TimePoint began = first->request.arrived;
  core::TimePoint ended = began;
  for (const KeptRequest& kept : selected) ended = std::max(ended, end_of(kept.request, story.ended));
  Tally tally{{.began = began, .makespan = ended - began, .arrivals = selected.size()}};
  std::uint64_t order = 0;
  for (const KeptRequest& kept : selected) tally.add(kept.request, order++, story.ended);
  Burst burst = tally.finish(story.class_names);
  measure_load(burst, loads);
  const core::Duration look = story.settings.front().settings.scale.aca.evaluation_interval;
  burst.most_within_evaluation = most_within(look, selected);
  if (last != requests.end()) burst.told_until = last->request.arrived;
  return burst;
}

void share_out(std::vector<ReplicaStory>& replicas, const Burst& burst) {
  const auto count_of = [](const auto& shares, core::ReplicaId id) {
    const auto share = shares.find(id);
    return share == shares.end() ? 0 : share->second;
  };
  for (ReplicaStory& replica : replicas) {
    replica.answered = count_of(burst.shares, replica.id);
    replica.failed = count_of(burst.failed_shares, replica.id);
  }
}

}  // namespace tenfold::report
