#include "report/requests.hpp"

#include <charconv>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
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
  void take(core::RequestId id, const std::optional<UsedByRequest>& used) {
    if (const auto facts = facts_.find(id); facts != facts_.end()) facts->second.used = used;
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

// Those that an id names.
class NamedRequests {
 public:
  explicit NamedRequests(std::string_view id) : id_{id} {}

  // Another service begins, with requests of its own.
  void take(const core::Checkpoint& checkpoint) {
    if (checkpoint.started) return;
    facts_ = {};
    numbers_.clear();
    told_.clear();
    orders_.clear();
  }
  void take(const journal::RequestNote& note) {
    if (note.id == id_) numbers_.insert(note.request);
    if (is_named(note.request)) facts_.take(note);
  }
  void take(const journal::AnswerNote& note) {
    if (is_named(note.request)) facts_.take(note);
  }
  template <class Other>
  void take(const Other&) {}

  void take(const Collector::Ended& ended) {
    const RequestStory& request = ended.request;
    if (!is_named(request.id)) return;
    orders_[request.id] = ended.order;
    told_.emplace(ended.order, ToldRequest{.request = request,
                                           .attempts = attempts_of(request, ended.attempts),
                                           .facts = facts_.give(request.id)});
    numbers_.erase(request.id);  // which another may get
  }
  // What it used may be known before it has ended or after.
  void take(core::RequestId request, const std::optional<UsedByRequest>& used) {
    facts_.take(request, used);
    const auto order = orders_.extract(request);
    if (!order.empty()) told_.at(order.mapped()).facts.used = used;
  }

  // Those of the story's burst.
  template <class Visit>
  void visit(const Story& story, Visit&& visit) const {
    const ArrivalRange range{.first = story.burst->began, .last = story.burst->last_arrival};
    for (const auto& [order, told] : told_) {
      if (range.contains(told.request.arrived)) visit(story, told);
    }
  }

 private:
  bool is_named(core::RequestId request) const {
    return numbers_.contains(request) || (number_ && core::to_number(request) == *number_);
  }
  static std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
  }

  std::string_view id_;
  std::optional<std::uint64_t> number_ = number_of(id_);
  std::unordered_set<core::RequestId> numbers_;  // of those with this X-Request-Id
  FactsCollector facts_;
  std::map<std::uint64_t, ToldRequest> told_;                  // by their order of arrival
  std::unordered_map<core::RequestId, std::uint64_t> orders_;  // of those of which it is not known what they used
};

// Puts requests, which come as they end, into the order of their arrival, once it is known what they used.
class Queue {
 public:
  void put(std::uint64_t order, ToldRequest told, bool awaits_usage) {
    if (awaits_usage) awaited_[told.request.id] = order;
    waiting_.emplace(order, Waiting{.told = std::move(told), .awaits_usage = awaits_usage});
  }
  // False where the request is not here.
  bool put(core::RequestId id, const std::optional<UsedByRequest>& used) {
    const auto awaited = awaited_.extract(id);
    if (awaited.empty()) return false;
    Waiting& waiting = waiting_.at(awaited.mapped());
    waiting.told.facts.used = used;
    waiting.awaits_usage = false;
    return true;
  }
  // What nobody knows is not waited for.
  void await_no_usage() {
    for (auto& [order, waiting] : waiting_) waiting.awaits_usage = false;
  }
  // Those that nobody is missing before.
  template <class Visit>
  void take(Visit&& visit) {
    for (; !waiting_.empty() && waiting_.begin()->first == next_; ++next_) {
      if (waiting_.begin()->second.awaits_usage) return;
      visit(waiting_.begin()->second.told);
      waiting_.erase(waiting_.begin());
    }
  }

 private:
  struct Waiting {
    ToldRequest told;
    bool awaits_usage = false;
  };

  std::map<std::uint64_t, Waiting> waiting_;
  std::unordered_map<core::RequestId, std::uint64_t> awaited_;
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
  const auto tell_ready = [&] { queue.take([&](const ToldRequest& told) { visit(*story, told); }); };
  RequestUsage usage{[&](core::RequestId id, const auto& used) {
    if (!queue.put(id, used)) facts.take(id, used);
  }};
  collector.on_end([&](const Collector::Ended& ended) {
    if (begun.count() < all.count()) return;
    queue.put(ended.order,
              {.request = ended.request,
               .attempts = attempts_of(ended.request, ended.attempts),
               .facts = facts.give(ended.request.id)},
              usage.awaits(ended.request.id));
  });
  const auto read = read_journal(directory, disk, [&](const auto& record) {
    begun.take(record);
    facts.take(record);
    collector.take(record);
    usage.take(record);
    tell_ready();
  });
  if (!read) return std::unexpected(read.error());
  collector.finish(selection, story->unix_time_at_zero_ns);  // what is under way ends with the journal
  queue.await_no_usage();
  tell_ready();
  return story;
}

std::expected<Story, std::string> tell_request(const std::filesystem::path& directory, const Selection& selection,
                                               std::string_view id,
                                               const std::function<void(const Story&, const ToldRequest&)>& visit,
                                               journal::Disk& disk) {
  Collector collector;
  NamedRequests named{id};
  RequestUsage usage{[&](core::RequestId request, const auto& used) { named.take(request, used); }};
  collector.on_end([&](const Collector::Ended& ended) { named.take(ended); });
  const auto reader = read_journal(directory, disk, [&](const auto& record) {
    named.take(record);
    collector.take(record);
    usage.take(record);
  });
  if (!reader) return std::unexpected(reader.error());
  Story whole = collector.finish(selection, reader->unix_time_at_zero());
  // A part of very many is only known when all were seen.
  auto story = collector.range_to_take() ? tell(directory, selection, disk) : finish_story(std::move(whole), *reader);
  if (story && story->burst) named.visit(*story, visit);
  return story;
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
