// The arithmetic of Kubernetes' HorizontalPodAutoscaler, without its memory: a metric and a target in, a count out.
//
// Source: kubernetes pkg/controller/podautoscaler/replica_calculator.go and metrics/utilization.go, 1.33. The integer
// division of the utilization and the tests for a turned direction are the reference's: they decide cases, and
// data/vectors/hpa.json holds them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace tenfold::core {

// What the HPA knows of a pod, here of a replica.
struct HpaPod {
  // In the unit of `request`: nothing while no sample came.
  std::optional<std::int64_t> used;
  std::int64_t request = 0;
  bool is_pending = false;
  bool is_ready = true;
  // Its sample says nothing yet: it began of late, and was not ready for as long as the sample covers.
  bool is_young = false;
};

enum class HpaResource : std::uint8_t {
  kCpu,     // pods that are not ready, or young, are set aside
  kMemory,  // only pending pods are: memory in use counts from the first moment
};

// What one metric asks for.
struct HpaProposal {
  std::uint32_t replicas = 0;
  // Without tolerance, and without what is assumed of pods whose usage is not known.
  std::uint32_t bare = 0;
  // The utilization in percent, or the value that came in.
  double value = 0;
  friend bool operator==(const HpaProposal&, const HpaProposal&) = default;
};

// How far the ratio of a metric and its target may be from 1, below and above it, for nothing to be done.
struct HpaTolerance {
  double down = 0;
  double up = 0;

  constexpr bool covers(double ratio) const { return 1.0 - down <= ratio && ratio <= 1.0 + up; }
};

// A target of type Utilization: `target_percent` of what the pods request. When the pods that count are above the
// target, the others (without a sample, pending, not ready) are taken to use nothing; when they are below it, those
// without a sample are taken to use all of their request, or the target where that is above 100. If this turns the
// direction round, or lands within the tolerance, `current` stays. Nothing if no pod counts.
std::optional<HpaProposal> hpa_utilization(std::span<const HpaPod> pods, HpaResource resource, std::uint32_t current,
                                           double target_percent, HpaTolerance tolerance);

// A target of type AverageValue: `total` over all pods, `target` for each. Both in the same unit.
HpaProposal hpa_average_value(double total, double target, std::uint32_t current, HpaTolerance tolerance);

// A target of type Value: the value itself is to be at the target, and grows with the pods that are ready.
HpaProposal hpa_value(double value, double target, std::uint32_t current, std::uint32_t ready, HpaTolerance tolerance);

}  // namespace tenfold::core
