#include "report/requests.hpp"

#include <map>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "core/words.hpp"
#include "report/tell.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

// Takes from a journal what the collector leaves, of requests that are under way.
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

  // Those of a request of which all is told.
  RequestFacts give(core::RequestId id) {
    const auto node = facts_.extract(id);
    return node.empty() ? RequestFacts{} : std::move(node.mapped());
  }

 private:
  std::unordered_map<core::RequestId, RequestFacts> facts_;
};

// Of all times that it had a slot, the last one included.
std::vector<AttemptStory> attempts_of(const RequestStory& request, std::vector<AttemptStory> attempts) {
  const bool is_known = !attempts.empty() && attempts.back().dispatched == request.dispatched;
  if (request.dispatched && !is_known) {
    attempts.push_back(
        {.replica = request.replica,
         .dispatched = *request.dispatched,
         .ended = request.ended,
         .outcome = request.end == End::kAnswered ? core::Outcome::kAnswered : core::Outcome::kAbandoned});
  }
  return attempts;
}

// Puts requests, which come as they end, into the order of their arrival.
class Queue {
 public:
  void put(std::uint64_t order, ToldRequest told) { waiting_.emplace(order, std::move(told)); }
  // Those that nobody is missing before.
  template <class Visit>
  void take(Visit&& visit) {
    for (; !waiting_.empty() && waiting_.begin()->first == next_; ++next_) {
      visit(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
    }
  }

 private:
  std::map<std::uint64_t, ToldRequest> waiting_;
  std::uint64_t next_ = 0;
};

// How many services began in a journal: each but the last is forgotten.
class Beginnings {
 public:
  void take(const core::Checkpoint& checkpoint) {
    if (!checkpoint.started) ++count_;
  }
  template <class Other>
  void take(const Other&) {}
  std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;
};

std::string_view name_of(const Story& story, core::RequestClass klass) {
  const auto named = story.class_names.find(klass);
  return named == story.class_names.end() ? std::string_view{} : named->second;
}

std::string number_text(const RequestStory& request) { return fmt::format("{}", core::to_number(request.id)); }

std::string seconds_text(std::optional<core::TimePoint> from, std::optional<core::TimePoint> until) {
  return from && until ? fmt::format("{:.3f}", seconds(*until - *from)) : "-";
}

}  // namespace

std::expected<Story, std::string> tell_requests(const std::filesystem::path& directory, const Selection& selection,
                                                const std::function<void(const Story&, const ToldRequest&)>& visit,
                                                journal::Disk& disk) {
  Beginnings all;
  auto story = tell_with(directory, selection, disk, [&](const auto& record) { all.take(record); });
  if (!story || !story->burst) return story;
  Collector collector{Origin::kJournal, ArrivalRange{.first = story->burst->began, .last = story->burst->last_arrival},
                      0};
  FactsCollector facts;
  Beginnings begun;
  Queue queue;
  collector.on_end([&](const Collector::Ended& ended) {
    if (begun.count() < all.count()) return;
    queue.put(ended.order, {.request = ended.request,
                            .attempts = attempts_of(ended.request, ended.attempts),
                            .facts = facts.give(ended.request.id)});
    queue.take([&](const ToldRequest& told) { visit(*story, told); });
  });
  const auto read = read_journal(directory, disk, [&](const auto& record) {
    begun.take(record);
    facts.take(record);
    collector.take(record);
  });
  if (!read) return std::unexpected(read.error());
  collector.finish(selection, story->unix_time_at_zero_ns);  // what is under way ends with the journal
  return story;
}

bool is_named(const ToldRequest& told, std::string_view id) {
  return id == number_text(told.request) || (!told.facts.id.empty() && told.facts.id == id);
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

std::string_view class_of(const Story& story, const RequestStory& request) { return name_of(story, request.klass); }

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
