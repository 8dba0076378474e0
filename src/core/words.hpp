// The words of the core's enumerations, each in one place: configuration, journal, metrics, admin API and stories write
// these.
//
// A switch and no table, so that the compiler tells of a value without a word. "unknown" is for what a journal of
// another version holds.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "core/actions.hpp"
#include "core/events.hpp"
#include "core/settings.hpp"

namespace tenfold::core {

constexpr std::string_view to_word(RejectReason reason) {
  switch (reason) {
    case RejectReason::kQueueFull:
      return "queue full";
    case RejectReason::kDeadlineImpossible:
      return "deadline impossible";
    case RejectReason::kDeadlinePassed:
      return "deadline passed";
    case RejectReason::kShuttingDown:
      return "shutting down";
    case RejectReason::kReplicaLost:
      return "replica lost";
    case RejectReason::kPoison:
      return "poison";
    case RejectReason::kBadAnswer:
      return "bad answer";
    case RejectReason::kOutOfMemory:
      return "out of memory";
  }
  return "unknown";
}

constexpr std::string_view to_word(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAnswered:
      return "answered";
    case Outcome::kNotSent:
      return "not sent";
    case Outcome::kNoAnswer:
      return "no answer";
    case Outcome::kNotKept:
      return "no answer, not kept";
    case Outcome::kAnswerBroken:
      return "answer broken";
    case Outcome::kAbandoned:
      return "abandoned";
    case Outcome::kBusy:
      return "busy";
    case Outcome::kBadAnswer:
      return "bad answer";
    case Outcome::kOutOfMemory:
      return "out of memory";
  }
  return "unknown";
}

constexpr std::string_view to_word(DecisionCause cause) {
  switch (cause) {
    case DecisionCause::kInitial:
      return "initial";
    case DecisionCause::kRule:
      return "rule";
    case DecisionCause::kActivation:
      return "activation";
    case DecisionCause::kReplaced:
      return "replaced";
    case DecisionCause::kBackoff:
      return "backoff";
    case DecisionCause::kShutdown:
      return "shutdown";
    case DecisionCause::kConfig:
      return "config";
    case DecisionCause::kConcurrency:
      return "concurrency";
    case DecisionCause::kUnhealthy:
      return "unhealthy";
    case DecisionCause::kKilled:
      return "killed";
    case DecisionCause::kRollOut:
      return "roll out";
    case DecisionCause::kPromoted:
      return "promoted";
    case DecisionCause::kRolledBack:
      return "rolled back";
    case DecisionCause::kWithdrawn:
      return "withdrawn";
    case DecisionCause::kWarm:
      return "warm";
  }
  return "unknown";
}

constexpr std::string_view to_word(PolicyKind policy) {
  switch (policy) {
    case PolicyKind::kAca:
      return "aca";
    case PolicyKind::kHpa:
      return "hpa";
    case PolicyKind::kKnative:
      return "knative";
    case PolicyKind::kSlo:
      return "slo";
    case PolicyKind::kPerRequest:
      return "per-request";
  }
  return "unknown";
}

constexpr std::string_view to_word(RuleKind kind) {
  switch (kind) {
    case RuleKind::kHttp:
      return "http";
    case RuleKind::kTcp:
      return "tcp";
    case RuleKind::kCpu:
      return "cpu";
    case RuleKind::kMemory:
      return "memory";
    case RuleKind::kRps:
      return "rps";
    case RuleKind::kQueueWait:
      return "queueWait";
    case RuleKind::kCustom:
      return "custom";
    case RuleKind::kSchedule:
      return "schedule";
  }
  return "unknown";
}

constexpr std::string_view to_word(Limit limit) {
  switch (limit) {
    case Limit::kNone:
      return "none";
    case Limit::kStep:
      return "step";
    case Limit::kStabilization:
      return "stabilization";
    case Limit::kTolerance:
      return "tolerance";
    case Limit::kPanic:
      return "panic";
    case Limit::kMissing:
      return "missing";
    case Limit::kCooldown:
      return "cooldown";
    case Limit::kCores:
      return "cores";
  }
  return "unknown";
}

constexpr std::string_view to_word(Basis basis) {
  switch (basis) {
    case Basis::kQueue:
      return "queue";
    case Basis::kSpares:
      return "spares";
    case Basis::kSurge:
      return "surge";
    case Basis::kUse:
      return "use";
  }
  return "unknown";
}

constexpr std::string_view to_word(Probe probe) {
  switch (probe) {
    case Probe::kReadiness:
      return "readiness";
    case Probe::kLiveness:
      return "liveness";
    case Probe::kProcess:
      return "process";
  }
  return "unknown";
}

// The code comes behind it.
constexpr std::string_view to_word(ExitKind kind) {
  switch (kind) {
    case ExitKind::kNotStarted:
      return "could not be started:";
    case ExitKind::kExited:
      return "exited with status";
    case ExitKind::kSignaled:
      return "was ended by signal";
  }
  return "unknown";
}

constexpr std::string_view to_word(CancelHow how) {
  switch (how) {
    case CancelHow::kDiscard:
      return "discard";
    case CancelHow::kClose:
      return "close";
  }
  return "unknown";
}

constexpr std::string_view to_word(StartWay way) {
  switch (way) {
    case StartWay::kExec:
      return "exec";
    case StartWay::kFork:
      return "fork";
    case StartWay::kFirstFork:
      return "first fork";
  }
  return "unknown";
}

// The first `count` values of an enumeration and their words.
template <class Enum, std::size_t count>
constexpr std::array<std::pair<std::string_view, Enum>, count> words_of() {
  std::array<std::pair<std::string_view, Enum>, count> all;
  for (std::size_t i = 0; i < count; ++i) all[i] = {to_word(static_cast<Enum>(i)), static_cast<Enum>(i)};
  return all;
}

}  // namespace tenfold::core
