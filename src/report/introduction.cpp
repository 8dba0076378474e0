// The front of the story and what explains its end: see moments.hpp.
#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

#include "report/config_words.hpp"
#include "report/moments.hpp"
#include "report/rule_words.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

// Which one it is of several.
std::string_view scope_text(Scope scope) {
  switch (scope) {
    case Scope::kLargestBurst:
      return ", the largest";
    case Scope::kLastBurst:
      return ", the last";
    case Scope::kNumberedBurst:
    case Scope::kTimes:
    case Scope::kWholeRun:
      break;
  }
  return {};
}

std::string subject(const Story& story) {
  const std::string span = span_text(story.ended - story.began);
  if (story.origin == Origin::kSimulation) {
    return fmt::format("Tenfold {} simulated {} for {} of virtual time.", story.version, story.command, span);
  }
  return fmt::format("Tenfold {} served `{}` at {} for {}.", story.version, story.command, story.endpoint, span);
}

// The look that shows what Azure's formula makes of a queue: it counted arrivals of a time in which requests waited,
// and asked for no more than were there anyway.
const DecisionStory* find_azure_lesson(const Story& story, const Burst& burst) {
  if (burst.load_facts.deepest_queue == 0) return nullptr;
  const core::TimePoint deepest_at = burst.load_facts.deepest_at;
  const DecisionStory* found = nullptr;
  for (const DecisionStory& decision : story.decisions) {
    const core::RecordDecision& d = decision.decision;
    const core::Settings& settings = story.settings[decision.settings].settings;
    const bool has_queue =
        decision.at >= deepest_at && decision.at - settings.scale.aca.evaluation_interval <= deepest_at;
    const bool is_low = d.recommended <= settings.scale.min_replicas && d.metric > 0;
    if (!is_azure_rate(d, settings) || !has_queue || !is_low) continue;
    if (!found || d.metric > found->decision.metric) found = &decision;
  }
  return found;
}

std::string azure_lesson(const Story& story, const DecisionStory& decision) {
  const core::RecordDecision& d = decision.decision;
  const core::Settings& settings = story.settings[decision.settings].settings;
  const std::string min = d.desired > d.recommended && d.desired == settings.scale.min_replicas
                              ? fmt::format(", and min {} stays", d.desired)
                              : "";
  return fmt::format(
      "Azure's documented formula divides arrivals by {}: {} at once count as {:.2f}, so target {:g} asks "
      "for {}{}. It is a rate, not a concurrency.",
      setting_text(settings.scale.aca.evaluation_interval), counted_arrivals(d, settings), d.metric, d.target,
      counted(d.recommended, "replica"), min);
}

// What Azure's documented formula would have asked for, where another policy was in force and requests waited.
std::string azure_comparison(const Story& story, const Burst& burst) {
  const core::ScaleSettings& scale = story.settings.front().settings.scale;
  if (scale.policy != core::PolicyKind::kSlo || burst.load_facts.deepest_queue == 0) return {};
  const auto is_http = [](const core::ScaleRule& rule) { return rule.kind == core::RuleKind::kHttp; };
  const auto rule = std::ranges::find_if(scale.rules, is_http);
  if (rule == scale.rules.end() && !scale.rules.empty()) return {};  // Azure would have followed those
  const double target = rule == scale.rules.end() ? core::kDefaultConcurrentRequests : rule->target;
  const core::Duration window = scale.aca.evaluation_interval;
  const std::uint64_t arrivals = burst.most_within_evaluation;
  const double rate = static_cast<double>(arrivals) / seconds(window);
  const auto asked =
      static_cast<std::uint32_t>(std::min(std::ceil(rate / target), static_cast<double>(scale.max_replicas)));
  const std::string min = asked < scale.min_replicas ? fmt::format(", and min {} would stay", scale.min_replicas) : "";
  return fmt::format(
      "Azure's documented formula would have asked for {}{}: {} arrivals in {} are {:.2f} a second, at a target of "
      "{:g} "
      "for each (`--policy aca`).",
      counted(asked, "replica"), min, arrivals, setting_text(window), rate, target);
}

// Said only where it is true of all that is told: from the first arrival on no replica was started.
std::string scale_lesson(const Story& story, const Burst& burst) {
  const auto is_within = [&](core::TimePoint at) { return at >= burst.began && at < burst.told_until; };
  const auto is_started = [&](const DecisionStory& d) { return is_within(d.at) && d.decision.starts > 0; };
  const auto is_new = [&](const ReplicaStory& replica) { return replica.started && is_within(*replica.started); };
  if (std::ranges::any_of(story.decisions, is_started) || std::ranges::any_of(story.replicas, is_new)) return {};
  const auto is_look = [&](const DecisionStory& d) {
    return d.at >= burst.began && d.at <= burst.ended && d.decision.cause == core::DecisionCause::kRule;
  };
  if (std::ranges::any_of(story.decisions, is_look))
    return "No further replica was started: the decisions above say why.";
  return "No further replica was started: the scale rule did not look between the first arrival and the last answer.";
}

}  // namespace

std::string clock_text(const Story& story, core::TimePoint at) {
  const std::int64_t ns = at.time_since_epoch().count() + story.unix_time_at_zero_ns;
  const std::time_t whole = ns / 1'000'000'000;
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return fmt::format("{}.{:03} UTC", text.data(), ns / 1'000'000 % 1000);
}

std::vector<std::string> bursts_of(const Story& story) {
  constexpr std::size_t kFirst = 5;
  constexpr std::size_t kLast = 15;
  std::vector<std::string> lines;
  const std::size_t count = story.bursts.size();
  for (std::size_t i = 0; count > 1 && i < count; ++i) {
    if (count > kFirst + kLast && i == kFirst) {
      i = count - kLast;
      lines.push_back(fmt::format("… {} more", i - kFirst));
    }
    const BurstLine& burst = story.bursts[i];
    lines.push_back(fmt::format("{:>4}  {}  {} in {}{}{}", i + 1, clock_text(story, burst.began),
                                counted(burst.requests, "request"), span_text(burst.ended - burst.began),
                                burst.failed > 0 ? fmt::format(", {} failed", burst.failed) : "",
                                story.is_one_of_several() && i == story.told ? "  < told above" : ""));
  }
  return lines;
}

std::vector<std::string> introduction_of(const Story& story) {
  std::vector<std::string> lines{subject(story)};
  if (!story.settings.empty()) {
    lines.push_back(fmt::format("It ran under {}{}.", settings_text(story.settings.front().settings),
                                story.settings.size() > 1 ? " at first" : ""));
  }
  if (story.records_lost > 0) {
    lines.push_back(fmt::format("{} of the journal {} missing: what {} told is not in this story.",
                                counted(story.records_lost, "record"), story.records_lost == 1 ? "is" : "are",
                                story.records_lost == 1 ? "it" : "they"));
  }
  if (story.damaged_places > 0) {
    lines.push_back(fmt::format("The journal is damaged in {}, the first: {}.", counted(story.damaged_places, "place"),
                                story.damage));
  }
  if (story.selection.scope == Scope::kTimes && story.burst) {
    lines.push_back(fmt::format("This is the story of what arrived from {} to {}, {} of {}.",
                                clock_text(story, story.burst->began), clock_text(story, story.burst->last_arrival),
                                story.burst->arrivals, counted(story.requests, "request")));
  }
  if (story.is_one_of_several() && story.burst) {
    lines.push_back(fmt::format("{} in {} bursts; this is the story of burst {}{}.", counted(story.requests, "request"),
                                story.bursts.size(), story.told + 1, scope_text(story.selection.scope)));
  }
  return lines;
}

std::string headline_of(const Story& story) {
  if (!story.burst) return "No request arrived.";
  std::string count = counted(story.burst->arrivals, "request");
  if (story.origin == Origin::kSimulation) return count;
  return fmt::format("{} from {}", count, clock_text(story, story.burst->began));
}

std::vector<std::string> explanations_of(const Story& story) {
  std::vector<std::string> lines;
  if (!story.burst) return lines;
  if (std::string lesson = scale_lesson(story, *story.burst); !lesson.empty()) lines.push_back(std::move(lesson));
  if (const DecisionStory* decision = find_azure_lesson(story, *story.burst)) {
    lines.push_back(azure_lesson(story, *decision));
  }
  if (std::string line = azure_comparison(story, *story.burst); !line.empty()) lines.push_back(std::move(line));
  return lines;
}

}  // namespace tenfold::report
