#include "report/requests.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "core/words.hpp"
#include "report/tell.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

// Takes from a journal what the collector leaves.
class FactsCollector {
 public:
  // Another service begins.
  void take(const core::Checkpoint& checkpoint) {
    if (!checkpoint.started) facts_.clear();
  }
  void take(const journal::RequestNote& note) {
    RequestFacts& facts = facts_[note.request];
    facts.method = note.method;
    facts.target = note.target;
    facts.client = note.client;
    facts.id = note.id;
  }
  void take(const journal::AnswerNote& note) {
    RequestFacts& facts = facts_[note.request];
    facts.request_bytes = note.request_bytes;
    facts.answer_bytes = note.answer_bytes;
    facts.opened = note.opened;
    facts.answer_began = note.answer_began;
    facts.left_slot = note.left_slot;
    facts.closed = note.at;
  }
  template <class Other>
  void take(const Other&) {}

  std::unordered_map<core::RequestId, RequestFacts> finish() { return std::move(facts_); }

 private:
  std::unordered_map<core::RequestId, RequestFacts> facts_;
};

std::string_view name_of(const Story& story, core::RequestClass klass) {
  const auto named = story.class_names.find(klass);
  return named == story.class_names.end() ? std::string_view{} : named->second;
}

core::Duration length_of(const RequestStory& request) {
  return request.ended.value_or(request.arrived) - request.arrived;
}

std::string number_text(const RequestStory& request) { return fmt::format("{}", core::to_number(request.id)); }

std::string seconds_text(std::optional<core::TimePoint> from, std::optional<core::TimePoint> until) {
  return from && until ? fmt::format("{:.3f}", seconds(*until - *from)) : "-";
}

}  // namespace

std::expected<Requests, std::string> tell_requests(const std::filesystem::path& directory, const Selection& selection,
                                                   journal::Disk& disk) {
  FactsCollector facts;
  auto story = tell_with(directory, selection, disk, [&](const auto& record) { facts.take(record); });
  if (!story) return std::unexpected(story.error());
  return Requests{.story = std::move(*story), .facts = facts.finish()};
}

std::vector<const RequestStory*> Requests::find(std::string_view id) const {
  std::vector<const RequestStory*> found;
  if (!story.burst) return found;
  for (const RequestStory& request : story.burst->requests) {
    const auto known = facts.find(request.id);
    const bool is_named = known != facts.end() && !known->second.id.empty() && known->second.id == id;
    if (is_named || id == number_text(request)) found.push_back(&request);
  }
  return found;
}

bool has_failed(const RequestStory& request) { return request.end == End::kRejected || request.status >= 400; }

std::string end_text(const RequestStory& request) {
  switch (request.end) {
    case End::kOpen:
      return "under way";
    case End::kMissing:
      return "how it ended is not in the journal";
    case End::kCancelled:
      return "its client left";
    case End::kRejected:
      return fmt::format("Tenfold refused it: {}", core::to_word(request.reason));
    case End::kAnswered:
      break;
  }
  return request.status >= 400 ? fmt::format("the program answered {}", request.status) : "answered";
}

std::vector<const RequestStory*> slowest_of(const Burst& burst, std::size_t most) {
  std::vector<const RequestStory*> slowest;
  const auto is_slower = [](const RequestStory* a, const RequestStory* b) {
    return std::pair{-length_of(*a), a->id} < std::pair{-length_of(*b), b->id};
  };
  for (const RequestStory& request : burst.requests) {
    if (!request.ended) continue;
    slowest.push_back(&request);
    std::ranges::push_heap(slowest, is_slower);  // the quickest of the slowest in front
    if (slowest.size() <= most) continue;
    std::ranges::pop_heap(slowest, is_slower);
    slowest.pop_back();
  }
  std::ranges::sort(slowest, is_slower);
  return slowest;
}

std::vector<const RequestStory*> failed_of(const Burst& burst, std::size_t most) {
  std::vector<const RequestStory*> failed;
  for (const RequestStory& request : burst.requests) {
    if (failed.size() == most) break;
    if (has_failed(request)) failed.push_back(&request);
  }
  return failed;
}

std::string_view class_of(const Story& story, const RequestStory& request) { return name_of(story, request.klass); }

std::vector<GroupStory> by_class(const Story& story) {
  struct Times {
    std::vector<double> wait;
    std::vector<double> service;
    std::vector<double> total;
    std::uint64_t requests = 0;
    std::uint64_t failed = 0;
  };
  std::map<core::RequestClass, Times> classes;
  if (!story.burst) return {};
  for (const RequestStory& request : story.burst->requests) {
    Times& times = classes[request.klass];
    ++times.requests;
    if (has_failed(request)) ++times.failed;
    if (request.dispatched) times.wait.push_back(seconds(*request.dispatched - request.arrived));
    if (request.end != End::kAnswered) continue;
    times.service.push_back(seconds(*request.ended - *request.dispatched));
    times.total.push_back(seconds(length_of(request)));
  }
  std::vector<GroupStory> groups;
  groups.reserve(classes.size());
  for (auto& [klass, times] : classes) {
    groups.push_back({.name = std::string{name_of(story, klass)},
                      .requests = times.requests,
                      .failed = times.failed,
                      .wait = percentiles_of(std::move(times.wait)),
                      .service = percentiles_of(std::move(times.service)),
                      .total = percentiles_of(std::move(times.total))});
  }
  std::ranges::stable_sort(groups, std::ranges::greater{}, &GroupStory::requests);
  return groups;
}

std::string request_head() {
  return fmt::format("{:>10} {:>9} {:>8} {:>8} {:>8} {:>7} {:>6}  {}", "request", "arrived", "wait", "service", "total",
                     "replica", "status", "what became of it");
}

std::string request_row(const Story& story, const RequestStory& request) {
  const core::TimePoint zero = story.burst ? story.burst->began : story.began;
  const std::string_view name = class_of(story, request);
  return fmt::format("{:>10} {:>9.3f} {:>8} {:>8} {:>8} {:>7} {:>6}  {}{}{}", number_text(request),
                     seconds(request.arrived - zero), seconds_text(request.arrived, request.dispatched),
                     seconds_text(request.dispatched, request.ended), seconds_text(request.arrived, request.ended),
                     request.dispatched ? fmt::format("{}", core::to_number(request.replica)) : "-",
                     request.status == 0 ? "-" : fmt::format("{}", request.status), end_text(request),
                     name.empty() ? "" : ", ", name);
}

}  // namespace tenfold::report
