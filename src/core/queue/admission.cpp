#include "core/queue/admission.hpp"

#include <algorithm>

namespace tenfold::core {

namespace {

// The bounds of a Retry-After: below a second HTTP cannot say it, above an hour nobody plans for it.
constexpr Duration kShortestRetryAfter = std::chrono::seconds{1};
constexpr Duration kLongestRetryAfter = std::chrono::hours{1};

}  // namespace

std::optional<RejectReason> Admission::reason_to_refuse(TimePoint now, const RequestRecord& record) const {
  if (record.deadline <= now) return RejectReason::kDeadlinePassed;
  // A free slot is the first one's that waits.
  if (requests_.waiting() == 0 && replicas_.next_free()) return std::nullopt;
  if (requests_.waiting() >= settings_.queue.max_waiting) return RejectReason::kQueueFull;
  if (record.deadline == kNever) return std::nullopt;
  const std::uint64_t slots = std::uint64_t{settings_.scale.max_replicas} * replicas_.concurrency();
  const Duration start = earliest_start(requests_.work_before(record), slots, times_.longest_expected());
  return now + start >= record.deadline ? std::optional{RejectReason::kDeadlineImpossible} : std::nullopt;
}

Duration Admission::retry_after(const RequestRecord& record, RejectReason reason) const {
  if (reason == RejectReason::kShuttingDown) return kShortestRetryAfter;
  if (reason != RejectReason::kQueueFull) return Duration::zero();
  const std::uint32_t slots = std::max(1U, requests_.running());
  const Duration start = likely_start(requests_.work_before(record), slots, times_.service());
  return std::clamp(start, kShortestRetryAfter, kLongestRetryAfter);
}

}  // namespace tenfold::core
