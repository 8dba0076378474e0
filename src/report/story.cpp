#include "report/story.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/collector.hpp"
#include "report/moments.hpp"
#include "report/tell.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

enum class Part : std::uint8_t { kStarting, kReady, kWarm, kDraining, kGone };

std::uint32_t* count_of(ReplicaPoint& point, Part part) {
  switch (part) {
    case Part::kStarting:
      return &point.starting;
    case Part::kReady:
      return &point.ready;
    case Part::kWarm:
      return &point.warm;
    case Part::kDraining:
      return &point.draining;
    case Part::kGone:
      break;
  }
  return nullptr;
}

// A replica goes from one part of its life to another; from `kGone` it comes to be.
struct Change {
  core::TimePoint at{};
  Part from = Part::kGone;
  Part to = Part::kGone;
};

// From `at` on a replica is in this part of its life.
struct Step {
  core::TimePoint at{};
  Part part = Part::kGone;
};

// In which part it is then: the last of `life`, or kept warm.
Part part_at(const ReplicaStory& replica, const std::vector<Step>& life, core::TimePoint at) {
  Part part = Part::kGone;
  for (const Step& step : life) {
    if (step.at <= at) part = step.part;
  }
  const bool may_be_warm = part == Part::kStarting || part == Part::kReady;
  const auto is_then = [&](const ReplicaStory::Warm& warm) { return warm.from <= at && at < warm.to; };
  return may_be_warm && std::ranges::any_of(replica.warm, is_then) ? Part::kWarm : part;
}

void append_changes(std::vector<Change>& changes, const ReplicaStory& replica, core::TimePoint story_begin) {
  std::vector<Step> life;
  const auto go = [&](core::TimePoint at, Part to) { life.push_back({at, to}); };
  // What comes after the part that follows it, such as the readiness of a replica that was told to stop, is no part.
  const core::TimePoint exited = replica.exited.value_or(core::kNever);
  const core::TimePoint drained = std::min(replica.drained.value_or(core::kNever), exited);
  if (replica.started) go(*replica.started, Part::kStarting);
  if (replica.ready && *replica.ready <= drained) {
    go(replica.started ? *replica.ready : std::min(*replica.ready, story_begin), Part::kReady);
  }
  if (drained < exited) go(drained, Part::kDraining);
  if (replica.exited && !life.empty()) go(exited, Part::kGone);

  std::vector<core::TimePoint> times;
  times.reserve(life.size() + 2 * replica.warm.size());
  for (const Step& step : life) times.push_back(step.at);
  for (const ReplicaStory::Warm& warm : replica.warm) {
    times.push_back(warm.from);
    if (warm.to != core::kNever) times.push_back(warm.to);
  }
  std::ranges::sort(times);
  Part part = Part::kGone;
  for (const core::TimePoint at : times) {
    const Part to = part_at(replica, life, at);
    if (to != part) changes.push_back({at, part, to});
    part = to;
  }
}

// What was selected is not there: what is.
std::string missing_text(const Story& story) {
  if (story.selection.scope == Scope::kNumberedBurst) {
    return fmt::format("there is no burst {}: the journal has {}", story.selection.number,
                       counted(story.bursts.size(), "burst"));
  }
  return fmt::format("no request arrived at that time: they did from {} to {}",
                     clock_text(story, story.bursts.front().began), clock_text(story, story.bursts.back().ended));
}

}  // namespace

std::vector<ReplicaPoint> replica_counts(const Story& story) {
  std::vector<Change> changes;
  for (const ReplicaStory& replica : story.replicas) append_changes(changes, replica, story.began);
  std::ranges::stable_sort(changes, {}, &Change::at);
  std::vector<ReplicaPoint> points;
  ReplicaPoint now;
  for (const Change& change : changes) {
    if (std::uint32_t* from = count_of(now, change.from)) --*from;
    if (std::uint32_t* to = count_of(now, change.to)) ++*to;
    now.at = change.at;
    if (points.empty() || points.back().at < now.at) {
      points.push_back(now);
    } else {
      points.back() = now;
    }
  }
  return points;
}

std::expected<Story, std::string> finish_story(Story story, const journal::Reader& reader) {
  if (story.settings.empty() && reader.damaged_places() > 0) return std::unexpected(reader.damage());
  if (!story.burst && !story.bursts.empty()) return std::unexpected(missing_text(story));
  story.has_journal = true;
  story.damage = reader.damage();
  story.damaged_places = reader.damaged_places();
  story.torn_files = reader.torn_files();
  return story;
}

std::expected<Story, std::string> tell(const std::filesystem::path& directory, const Selection& selection,
                                       journal::Disk& disk) {
  return tell_with(directory, selection, disk, [](const auto&) {});
}

}  // namespace tenfold::report
