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
  const bool is_another = request.lost_on != ReplicaId{} && request.lost_on != request.replica;
  if (is_another && lost_one_ended) return {.reason = RejectReason::kPoison};
  const bool may_repeat = outcome == Outcome::kNotSent || (outcome == Outcome::kNoAnswer && request.safe_to_repeat);
  if (!may_repeat || request.attempts >= kMaxAttempts) return {.reason = RejectReason::kReplicaLost};
  return {.sequel = Sequel::kRepeats};
}

}  // namespace tenfold::core
