#include <cmath>
#include <unordered_map>

#include <fmt/format.h>

#include "report/scene.hpp"

namespace tenfold::report {

namespace {

constexpr std::size_t kMostLanes = 60;
constexpr double kMostHeight = 300;
constexpr double kThinnestLane = 4;
constexpr double kThickestLane = 18;
constexpr double kBetween = 2;  // of lanes, in pixels

std::vector<const RequestStory*> in_order(std::vector<const RequestStory*> requests) {
  std::ranges::stable_sort(requests, {}, [](const RequestStory* r) { return *r->dispatched; });
  return requests;
}

}  // namespace

Lanes::Lanes(const Scene& scene) : scene_{scene} {
  for (const ReplicaStory& replica : scene.story.replicas) {
    if (replica.started.value_or(scene.story.began) > scene.burst.ended) continue;
    if (replica.exited.value_or(scene.story.ended) < scene.burst.began) continue;
    replicas_.push_back(&replica);
  }
  count_ = replicas_.size();
  if (count_ > kMostLanes) keep_longest();
  shown_ = replicas_.size();
  if (shown_ > 0) lane_ = std::clamp(kMostHeight / static_cast<double>(shown_), kThinnestLane, kThickestLane);
}

// In their order.
void Lanes::keep_longest() {
  const auto time_there = [this](const ReplicaStory* replica) {
    const core::TimePoint from = std::max(replica->started.value_or(scene_.story.began), scene_.burst.began);
    return from - std::min(replica->exited.value_or(scene_.story.ended), scene_.burst.ended);  // the longest first
  };
  std::ranges::stable_sort(replicas_, {}, time_there);
  replicas_.resize(kMostLanes);
  std::ranges::sort(replicas_, {}, &ReplicaStory::id);
}

void Lanes::draw(Svg& svg, double top) const {
  const bool is_dense = scene_.burst.stride > 1;
  std::string name = is_dense ? "replicas, and when they were busy" : "replicas, and the requests in their slots";
  if (count_ > shown_) name += fmt::format(" (the {} that were there longest, of {})", shown_, count_);
  svg.text("", {kChartLeft, top - 6}, name);
  std::unordered_map<core::ReplicaId, std::vector<const RequestStory*>> served;
  for (const RequestStory& request : scene_.burst.requests) {
    if (request.dispatched) served[request.replica].push_back(&request);
  }
  constexpr double kLabel = 9;  // the least height that a number needs
  for (std::size_t i = 0; i < shown_; ++i) {
    const ReplicaStory& replica = *replicas_[i];
    const double y = top + lane_ * static_cast<double>(i);
    if (lane_ >= kLabel || i % 5 == 0) {
      svg.text("small", {kChartLeft - 6, y + lane_ / 2 + 4}, fmt::format("{}", core::to_number(replica.id)),
               Anchor::kEnd);
    }
    life(svg, replica, y + kBetween / 2);
    if (is_dense) {
      const auto lane = scene_.burst.lanes.find(replica.id);
      if (lane != scene_.burst.lanes.end()) busy(svg, lane->second.columns, y + kBetween / 2);
    } else {
      slots(svg, in_order(std::move(served[replica.id])), y + kBetween / 2);
    }
  }
}

void Lanes::life(Svg& svg, const ReplicaStory& replica, double y) const {
  const Burst& burst = scene_.burst;
  const core::TimePoint exited = std::min(replica.exited.value_or(burst.ended), burst.ended);
  const core::TimePoint drained = std::min(replica.drained.value_or(exited), exited);
  const core::TimePoint began = replica.started.value_or(scene_.story.began);
  const core::TimePoint ready = std::min(replica.ready.value_or(replica.started ? drained : began), drained);
  const double height = lane_ - kBetween;
  if (ready > burst.began) scene_.bar(svg, "cold", std::max(began, burst.began), ready, y, height);
  if (drained > ready) scene_.bar(svg, "life", ready, drained, y, height);
  if (exited > drained) scene_.bar(svg, "drain", drained, exited, y, height);
}

// Each request in a slot of its own: the first that is free when it comes.
void Lanes::slots(Svg& svg, const std::vector<const RequestStory*>& requests, double y) const {
  std::vector<core::TimePoint> busy_until;
  std::vector<std::size_t> slot_of;
  for (const RequestStory* request : requests) {
    const auto free = std::ranges::find_if(busy_until, [&](auto until) { return until <= *request->dispatched; });
    slot_of.push_back(static_cast<std::size_t>(free - busy_until.begin()));
    if (free == busy_until.end()) busy_until.emplace_back();
    busy_until[slot_of.back()] = scene_.end_of(*request);
  }
  const double slot = (lane_ - kBetween) / static_cast<double>(std::max<std::size_t>(1, busy_until.size()));
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const double from = scene_.x(*requests[i]->dispatched);
    // A little shorter, so that one request is told from the next.
    const double width = std::max(0.7, scene_.x(scene_.end_of(*requests[i])) - from - 0.8);
    svg.rect(Scene::end_class(*requests[i]),
             {.x = from, .y = y + slot * static_cast<double>(slot_of[i]), .width = width, .height = slot});
  }
}

// More requests than can be told apart: how much of its slots was busy, from the lane's foot up. Columns in which that
// is the same to an eye are one.
void Lanes::busy(Svg& svg, const TimeColumns<BusyColumn>& lane, double y) const {
  const double width_s = seconds(lane.width());
  double slots = 1;
  for (const BusyColumn& column : lane.all()) slots = std::max(slots, std::round(column.busy_s / width_s));
  const double most = lane_ - kBetween;
  const auto height_of = [&](std::size_t n) {
    const double share = n < lane.all().size() ? std::min(1.0, lane.all()[n].busy_s / width_s / slots) : 0;
    return std::ceil(share * most * 2) / 2;  // what is there at all is seen
  };
  std::size_t from = 0;
  for (std::size_t n = 1; n <= lane.all().size(); ++n) {
    if (n < lane.all().size() && height_of(n) == height_of(from)) continue;
    const double height = height_of(from);
    const double x = scene_.x(lane.begin_of(from));
    if (height > 0)
      svg.rect("run", {.x = x, .y = y + most - height, .width = scene_.x(lane.begin_of(n)) - x, .height = height});
    from = n;
  }
}

}  // namespace tenfold::report
