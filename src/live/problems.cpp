#include "live/problems.hpp"

#include <fmt/format.h>

#include "config/units.hpp"

namespace tenfold::live {

std::string out_of_memory_text(core::Bytes limit) {
  return fmt::format(
      "The replica had this request when the kernel ended it, because it took more than the {} of memory that it may "
      "have. Send less at once, or give replicas more memory or fewer requests at a time.",
      config::format_size(limit));
}

http::Problem problem_of(core::RejectReason reason, std::string_view what) {
  switch (reason) {
    case core::RejectReason::kQueueFull:
      return {503, "urn:tenfold:problem:queue-full", "The queue is full",
              "As many requests wait as the queue holds. Come again after the time that Retry-After gives."};
    case core::RejectReason::kDeadlineImpossible:
      return {504, "urn:tenfold:problem:deadline-impossible", "The deadline cannot be met",
              "At the measured pace no slot is free before the request's deadline, so it was not run."};
    case core::RejectReason::kDeadlinePassed:
      return {504, "urn:tenfold:problem:deadline-passed", "The deadline has passed",
              "The request's time was over before it had an answer."};
    case core::RejectReason::kShuttingDown:
      return {503, "urn:tenfold:problem:shutting-down", "The service is shutting down",
              "The request was not run. Come again after the time that Retry-After gives."};
    case core::RejectReason::kReplicaLost:
      return {
          502, "urn:tenfold:problem:replica-lost", "The answer was lost",
          "The connection to the replica ended before it had answered. It may have worked on the request, so that was "
          "not tried again; send an Idempotency-Key to have a lost request repeated."};
    case core::RejectReason::kPoison:
      return {500, "urn:tenfold:problem:poison", "The request loses its replicas",
              "Two replicas ended, or closed its connection, before they had answered this request. It is not tried "
              "again."};
    case core::RejectReason::kBadAnswer:
      return {502, "urn:tenfold:problem:bad-answer", "The replica's answer could not be read", what};
    case core::RejectReason::kOutOfMemory:
      return {507, "urn:tenfold:problem:out-of-memory", "The replica ran out of memory", what};
  }
  return {500, "about:blank", "Internal error", ""};
}

}  // namespace tenfold::live
