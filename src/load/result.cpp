#include "load/result.hpp"

#include <algorithm>

namespace tenfold::load {

namespace {

template <class Map>
void count(Map& map, std::string_view key) {
  const auto found = map.find(key);
  if (found != map.end()) {
    ++found->second;
  } else {
    map.emplace(key, 1);
  }
}

template <class Map>
void add_counts(Map& to, const Map& from) {
  for (const auto& [key, number] : from) to[key] += number;
}

}  // namespace

std::string_view to_word(Part part) {
  switch (part) {
    case Part::kLate:
      return "late";
    case Part::kNetwork:
      return "network";
    case Part::kQueue:
      return "queue";
    case Part::kColdStart:
      return "coldstart";
    case Part::kSolve:
      return "solve";
  }
  return {};
}

void Result::add(const Ended& ended) {
  if (ended.was_sent) ++sent;
  first_due = std::min(first_due, ended.due);
  const bool is_answered = ended.status != 0;
  const bool is_wrong = !is_answered || ended.status / 100 != 2 || ended.difference;
  if (is_wrong) {
    ++failed;
    timeline.failed(ended.at);
  }
  if (is_answered) {
    add_answer(ended);
  } else {
    count(errors, ended.error);
  }
}

void Result::add_answer(const Ended& ended) {
  ++statuses[ended.status];
  if (!ended.replica.empty()) count(replicas, ended.replica);
  if (ended.difference) count(failed_expectations, *ended.difference);
  if (ended.status / 100 != 2) {
    keep_wrong(std::to_string(ended.status), ended);
  } else if (ended.difference) {
    keep_wrong(*ended.difference, ended);
  }
  last_answer = std::max(last_answer, ended.at);
  timeline.answered(ended.at, ended.at - ended.due);
  add_times(ended);
}

void Result::add_times(const Ended& ended) {
  const auto part = [this](Part which) -> Histogram& { return parts[static_cast<std::size_t>(which)]; };
  time.add(ended.at - ended.due);
  part(Part::kLate).add(ended.sent - ended.due);
  if (!ended.server_timing) return;
  const ServerTiming& timing = *ended.server_timing;
  part(Part::kQueue).add(timing.queue);
  part(Part::kColdStart).add(timing.cold_start);
  part(Part::kSolve).add(timing.solve);
  part(Part::kNetwork).add(ended.at - ended.sent - timing.queue - timing.cold_start - timing.solve);
}

void Result::keep_wrong(const std::string& kind, const Ended& ended) {
  if (wrong_answers.contains(kind)) return;
  wrong_answers.emplace(
      kind, WrongAnswer{.at = ended.at, .status = ended.status, .body = std::string{ended.body.substr(0, kBodyKept)}});
}

void Result::merge(const Result& other) {
  sent += other.sent;
  warm_up += other.warm_up;
  failed += other.failed;
  add_counts(statuses, other.statuses);
  add_counts(errors, other.errors);
  add_counts(failed_expectations, other.failed_expectations);
  add_counts(replicas, other.replicas);
  for (const auto& [kind, wrong] : other.wrong_answers) {
    const auto [mine, is_new] = wrong_answers.emplace(kind, wrong);
    if (!is_new && wrong.at < mine->second.at) mine->second = wrong;
  }
  time.merge(other.time);
  for (std::size_t i = 0; i < kParts; ++i) parts[i].merge(other.parts[i]);
  timeline.merge(other.timeline);
  bytes_sent += other.bytes_sent;
  bytes_received += other.bytes_received;
  first_due = std::min(first_due, other.first_due);
  last_answer = std::max(last_answer, other.last_answer);
  was_interrupted = was_interrupted || other.was_interrupted;
}

std::uint64_t Result::requests() const {
  std::uint64_t unanswered = 0;
  for (const auto& [error, number] : errors) unanswered += number;
  return time.count() + unanswered;
}

double Result::makespan_s() const { return time.count() == 0 ? 0 : core::to_seconds(last_answer - first_due); }

double Result::rate_per_s() const {
  const double makespan = makespan_s();
  return makespan > 0 ? static_cast<double>(time.count()) / makespan : 0;
}

}  // namespace tenfold::load
