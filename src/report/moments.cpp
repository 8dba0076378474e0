#include "report/moments.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "report/config_words.hpp"
#include "report/decision_effect.hpp"
#include "report/rule_words.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

// How many moments are told at most; the last ones of them from the story's end.
constexpr std::size_t kMostTold = 60;
constexpr std::size_t kToldAtEnd = 20;
constexpr core::Duration kTogether = std::chrono::milliseconds{20};
// How a replica ends that is sent away and has nothing against it.
constexpr std::string_view kToldEnd = "ended as told";

std::string gone_text(const std::string& exit) { return exit.empty() ? "gone" : "gone: " + exit; }

std::string names(std::vector<core::ReplicaId> replicas) {
  constexpr std::size_t kMostNamed = 12;
  std::ranges::sort(replicas);
  std::vector<std::uint32_t> numbers;
  for (std::size_t i = 0; i < std::min(kMostNamed, replicas.size()); ++i) {
    numbers.push_back(core::to_number(replicas[i]));
  }
  return fmt::format("replica{} {}{}", replicas.size() == 1 ? "" : "s", fmt::join(numbers, ", "),
                     replicas.size() > kMostNamed ? ", …" : "");
}

bool is_change(const core::RecordDecision& d) { return changes_count(d) || d.cause != core::DecisionCause::kRule; }

// Collects the moments of one story. From `from_` on all before `last_` are told, until `until_` also decisions that
// changed nothing.
class Teller {
 public:
  explicit Teller(const Story& story)
      : story_{story},
        from_{story.burst ? story.burst->began : story.began},
        until_{story.burst ? story.burst->ended : story.ended},
        last_{story.burst ? story.burst->told_until : core::kNever} {
    const auto after = std::ranges::find_if(story.decisions, [&](const DecisionStory& d) {
      return d.at > until_ && d.decision.cause == core::DecisionCause::kRule;
    });
    if (after != story.decisions.end()) first_look_after_ = &*after;
  }

  std::vector<Moment> tell() {
    if (story_.burst) begin(*story_.burst);
    const std::size_t told = std::ranges::count_if(story_.decisions, [&](const auto& d) { return is_told(d); });
    std::vector<const DecisionStory*> decisions;
    for (const DecisionStory& decision : story_.decisions) {
      if (is_told(decision) && (told <= kMostTold || is_change(decision.decision))) decisions.push_back(&decision);
    }
    for (std::size_t i = 0; i < decisions.size();) {
      const std::size_t alike = count_alike(std::span{decisions}.subspan(i));
      tell_decisions(std::span{decisions}.subspan(i, alike));
      i += alike;
    }
    settings();
    replicas();
    probes();
    metrics();
    if (story_.burst) end(*story_.burst);
    std::ranges::stable_sort(moments_, {}, &Moment::at);
    shorten();
    return std::move(moments_);
  }

 private:
  bool is_within(core::TimePoint at) const { return at >= from_ && at < last_; }
  void at(core::TimePoint time, std::string text) { moments_.push_back({time, std::move(text)}); }

  void begin(const Burst& burst) {
    const std::vector<core::ReplicaId>& first = burst.took_at_once;
    const std::string within = burst.arrivals == 1 ? ""
                               : burst.last_arrival == burst.began
                                   ? " at once"
                                   : " within " + span_text(burst.last_arrival - burst.began);
    const std::string slots =
        first.empty() ? "none found a free slot"
                      : fmt::format("{} took a free slot on arrival ({})", burst.took_slots_at_once, names(first));
    at(burst.began,
       fmt::format("{} {}{}; {}", burst.arrivals, burst.arrivals == 1 ? "arrives" : "arrive", within, slots));
    const LoadFacts& load = burst.load_facts;
    if (load.deepest_queue > 0) {
      at(load.deepest_at,
         fmt::format("the queue is deepest: {} wait{}", load.deepest_queue, load.deepest_queue == 1 ? "s" : ""));
    }
  }

  void end(const Burst& burst) {
    if (burst.load_facts.emptied_at)
      at(*burst.load_facts.emptied_at, "the queue is empty: the last one that waited has a slot");
    const std::string_view what = story_.origin == Origin::kSimulation ? "simulation" : "journal";
    at(burst.ended, burst.unfinished > 0 ? fmt::format("the {} ends; {} {} still under way", what, burst.unfinished,
                                                       burst.unfinished == 1 ? "is" : "are")
                                         : "the last request ends");
  }

  enum class Kind : std::uint8_t { kStart, kDrain, kNothing, kOther };
  static Kind kind_of(const core::RecordDecision& d) {
    if (d.cause != core::DecisionCause::kRule) return Kind::kOther;
    return added(d) > 0 ? Kind::kStart : d.drains > 0 ? Kind::kDrain : Kind::kNothing;
  }

  // How many of the first decisions are one thing to a reader: starts or drains that follow each other at once, and
  // looks that changed nothing.
  static std::size_t count_alike(std::span<const DecisionStory* const> decisions) {
    const Kind kind = kind_of(decisions.front()->decision);
    std::size_t count = 1;
    for (; kind != Kind::kOther && count < decisions.size(); ++count) {
      const DecisionStory& next = *decisions[count];
      const bool is_at_once = next.at - decisions[count - 1]->at <= kTogether;
      if (kind_of(next.decision) != kind || (kind != Kind::kNothing && !is_at_once)) break;
    }
    return count;
  }

  std::string sentence(const DecisionStory& d) const {
    return to_sentence(d.decision, story_.settings[d.settings].settings, from_);
  }

  // One line for what is alike, of more than two; the last one of them knows most.
  void tell_decisions(std::span<const DecisionStory* const> alike) {
    const DecisionStory& first = *alike.front();
    const DecisionStory& last = *alike.back();
    if (alike.size() <= 2) {
      for (const DecisionStory* each : alike) at(each->at, sentence(*each));
      return;
    }
    const std::string within = span_text(last.at - first.at);
    std::uint64_t replicas = 0;
    for (const DecisionStory* each : alike) replicas += added(each->decision) + each->decision.drains;
    const bool is_any_taken =
        std::ranges::any_of(alike, [](const DecisionStory* each) { return each->decision.enlists > 0; });
    switch (kind_of(first.decision)) {
      case Kind::kStart:
        return at(last.at,
                  fmt::format("{} started{} in {} decisions within {}, at last: {}", replicas,
                              is_any_taken ? " or taken from the warm" : "", alike.size(), within, sentence(last)));
      case Kind::kDrain:
        return at(last.at, fmt::format("{} sent away in {} decisions within {}, at last: {}", replicas, alike.size(),
                                       within, sentence(last)));
      case Kind::kNothing:
      case Kind::kOther:
        break;
    }
    at(first.at, sentence(first));
    at(last.at, fmt::format("{} more looks in {} changed nothing either, at last: {}", alike.size() - 1, within,
                            sentence(last)));
  }

  // After the burst a look is told if it changed something, or if it is the first: that one measured the burst.
  bool is_told(const DecisionStory& decision) const {
    if (!is_within(decision.at)) return false;
    if (decision.at <= until_ || is_change(decision.decision)) return true;
    return &decision == first_look_after_ && decision.decision.metric > 0;
  }

  void settings() {
    for (std::size_t i = 1; i < story_.settings.size(); ++i) {
      const SettingsStory& now = story_.settings[i];
      if (is_within(now.at)) at(now.at, change_text(story_.settings[i - 1].settings, now.settings));
    }
  }

  // Replicas of whom the same is to be said at about the same time are told together.
  struct Group {
    core::TimePoint at{};
    std::string what;  // behind "is" or "are"
    std::vector<core::ReplicaId> replicas;
    // From start to ready.
    core::Duration shortest{};
    core::Duration longest{};
  };
  static void add(std::vector<Group>& groups, core::TimePoint at, core::ReplicaId replica, const std::string& what,
                  core::Duration start = {}) {
    const auto same = std::ranges::find_if(
        groups, [&](const Group& group) { return group.what == what && at >= group.at && at - group.at <= kTogether; });
    if (same != groups.end()) {
      same->replicas.push_back(replica);
      same->shortest = std::min(same->shortest, start);
      same->longest = std::max(same->longest, start);
    } else {
      groups.push_back({.at = at, .what = what, .replicas = {replica}, .shortest = start, .longest = start});
    }
  }

  void replicas() {
    std::vector<Group> groups;
    for (const ReplicaStory& replica : story_.replicas) {
      if (replica.ready && *replica.ready > from_ && is_within(*replica.ready)) {
        add(groups, *replica.ready, replica.id, ready_text(replica.way),
            *replica.ready - replica.started.value_or(*replica.ready));
      }
      if (replica.exited && is_within(*replica.exited)) {
        add(groups, *replica.exited, replica.id, replica.exit == kToldEnd ? replica.exit : gone_text(replica.exit));
      }
    }
    for (const Group& group : groups) {
      const std::string_view verb = group.what == kToldEnd ? "" : group.replicas.size() == 1 ? " is" : " are";
      at(group.at, fmt::format("{}{} {}{}", names(group.replicas), verb, group.what, start_text(group)));
    }
  }

  static std::string ready_text(core::StartWay way) {
    switch (way) {
      case core::StartWay::kExec:
        break;
      case core::StartWay::kFork:
        return "forked and ready";
      case core::StartWay::kFirstFork:
        return "forked from a new zygote and ready";
    }
    return "ready";
  }

  static std::string start_text(const Group& group) {
    if (group.longest == core::Duration::zero()) return {};
    const std::string longest = span_text(group.longest);
    const std::string shortest = span_text(group.shortest);
    const std::string span = shortest == longest ? longest : fmt::format("{} to {}", shortest, longest);
    return fmt::format(", {} after {} start", span, group.replicas.size() == 1 ? "its" : "their");
  }

  static std::string probe_text(const ProbeStory& story) {
    if (story.passes) return "is ready again";
    switch (story.probe.probe) {
      case core::Probe::kReadiness:
        return "is not ready any more and gets nothing until it is" +
               (story.why.empty() ? std::string{} : ": " + story.why);
      case core::Probe::kLiveness:
        return "is replaced: " + (story.why.empty() ? "it fails its liveness probe" : story.why);
      case core::Probe::kProcess:
        return "is ending: it gets nothing more";
    }
    return {};
  }

  void probes() {
    for (const ProbeStory& story : story_.probes) {
      if (!is_within(story.at)) continue;
      const std::uint32_t n = core::to_number(story.probe.replica);
      at(story.at, fmt::format("replica {} {}", n, probe_text(story)));
    }
  }

  void metrics() {
    for (const MetricStory& story : story_.metrics) {
      if (!is_within(story.at)) continue;
      const auto& rules = story_.settings[story.settings].settings.scale.rules;
      if (story.metric.rule >= rules.size()) continue;
      const core::ScaleRule& rule = rules[story.metric.rule];
      at(story.at, story.metric.is_valid
                       ? fmt::format("rule '{}' has a value again: {:.6g}", rule.name, story.metric.value)
                       : fmt::format("rule '{}' could get no value; its last one counts for {}", rule.name,
                                     setting_text(rule.keep)));
    }
  }

  void shorten() {
    if (moments_.size() <= kMostTold) return;
    const auto first = moments_.begin() + static_cast<std::ptrdiff_t>(kMostTold - kToldAtEnd);
    const auto last = moments_.end() - static_cast<std::ptrdiff_t>(kToldAtEnd);
    const core::TimePoint from = first->at;
    const auto left_out = last - first;
    const auto next = moments_.erase(first, last);
    moments_.insert(next, {from, fmt::format("… {} more moments, all of them in the JSON …", left_out)});
  }

  const Story& story_;
  core::TimePoint from_;
  core::TimePoint until_;
  core::TimePoint last_;  // what happened from here on is told with what came then
  const DecisionStory* first_look_after_ = nullptr;
  std::vector<Moment> moments_;
};

}  // namespace

std::vector<Moment> moments_of(const Story& story) { return Teller{story}.tell(); }

}  // namespace tenfold::report
