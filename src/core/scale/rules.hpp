// What scale rules measure, where the measure is a level and not a count over some policy's window.
#pragma once

#include <cstdint>
#include <optional>

#include "core/scale/policy.hpp"

namespace tenfold::core {

// http, tcp and rps: each policy measures the traffic over windows of its own.
constexpr bool is_traffic(RuleKind kind) {
  return kind == RuleKind::kHttp || kind == RuleKind::kTcp || kind == RuleKind::kRps;
}

// cpu, memory and queueWait: a level that each replica has, so that the count that brings it to its target is the count
// there is times level over target. A custom metric and a schedule are totals: the count is total over target.
constexpr bool is_per_replica(RuleKind kind) {
  return kind == RuleKind::kCpu || kind == RuleKind::kMemory || kind == RuleKind::kQueueWait;
}

// The level of a rule that is no traffic, in the unit of its kind: the mean of the ready replicas' last samples in
// percent, the 95th percentile of how long what is queued has waited so far in seconds (0 for an empty queue), or the
// last value that was observed. Nothing if it is missing: no sample, or a value older than the rule keeps it.
std::optional<double> level_of(const Situation& situation, const Settings& settings, std::uint32_t rule);

// The largest ask of the rules that are no traffic, without tolerance or memory; the default if there is none, or all
// are missing.
Ask largest_level_ask(const Situation& situation, const Settings& settings);

// ceil(value / target), within 0..kMaxReplicas. What is a whole number but for rounding is that number.
std::uint32_t replicas_for(double value, double target);

}  // namespace tenfold::core
