#include "core/retry.hpp"

namespace tenfold::core {

namespace {

// A request is tried at most twice.
constexpr std::uint8_t kMaxAttempts = 2;

}  // namespace

Verdict judge(const RequestRecord& request, Outcome outcome, bool lost_one_ended) {
  if (outcome == Outcome::kBadAnswer) return {.reason = RejectReason::kBadAnswer};
  if (outcome == Outcome::kBusy) return {.sequel = Sequel::kWaitsAgain};
  if (outcome == Outcome::kNotSent && request.returns < kMaxReturns) return {.sequel = Sequel::kWaitsAgain};
  const bool is_memory = outcome == Outcome::kOutOfMemory;
  const bool is_another = request.lost_on != ReplicaId{} && request.lost_on != request.replica;
  if (is_another && lost_one_ended) return {.reason = is_memory ? RejectReason::kOutOfMemory : RejectReason::kPoison};
  const bool is_unanswered = outcome == Outcome::kNoAnswer || is_memory;
  const bool may_repeat = outcome == Outcome::kNotSent || (is_unanswered && request.safe_to_repeat);
  if (!may_repeat || request.attempts >= kMaxAttempts)
    return {.reason = is_memory ? RejectReason::kOutOfMemory : RejectReason::kReplicaLost};
  return {.sequel = Sequel::kRepeats};
}

}  // namespace tenfold::core
