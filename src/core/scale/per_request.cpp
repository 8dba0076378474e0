#include "core/scale/per_request.hpp"

#include <algorithm>

#include "core/queue/request_table.hpp"

namespace tenfold::core {

namespace {

// Requests that wait and have no slot on the way.
std::uint32_t without_slot(const Situation& situation) {
  const std::uint64_t waiting = situation.requests.waiting();
  const std::uint64_t coming = std::uint64_t{situation.replicas.counts().starting} * situation.replicas.concurrency();
  return static_cast<std::uint32_t>(waiting - std::min(waiting, coming));
}

// What is there, and a replica for each request without a slot.
std::uint32_t wanted(const Situation& situation) {
  const std::uint32_t slots = situation.replicas.concurrency();
  return std::min(kMaxReplicas, situation.current() + (without_slot(situation) + slots - 1) / slots);
}

}  // namespace

void PerRequestPolicy::observe(const Situation& situation) {
  const std::uint32_t count = std::clamp(wanted(situation), settings_.min_replicas, settings_.max_replicas);
  state_.next_evaluation =
      count == situation.decided ? next_end(situation) : std::min(state_.next_evaluation, situation.now + kInstant);
}

TimePoint PerRequestPolicy::next_end(const Situation& situation) const {
  const TimePoint since = situation.replicas.longest_idle_since();
  if (since == kNever || situation.current() <= settings_.min_replicas) return kNever;
  // Whatever became idle in one instant ends in one.
  return since + settings_.per_request.keep_alive + kInstant;
}

Evaluation PerRequestPolicy::evaluate(const Situation& situation) {
  // What it says is carried out by then, and it is looked again unless something happens first.
  state_.next_evaluation = situation.now + kInstant;
  Evaluation evaluation{.measures = RuleKind::kHttp,
                        .metric = static_cast<double>(without_slot(situation)),
                        .target = static_cast<double>(situation.replicas.concurrency()),
                        .recommended = wanted(situation)};
  if (next_end(situation) <= situation.now) {
    const Duration keep_alive = settings_.per_request.keep_alive;
    evaluation.recommended = situation.current() - situation.replicas.idle_since(situation.now - keep_alive);
    evaluation.evidence.basis = Basis::kUse;
    evaluation.evidence.hold = keep_alive;
  }
  evaluation.stabilized = evaluation.recommended;
  return evaluation;
}

}  // namespace tenfold::core
