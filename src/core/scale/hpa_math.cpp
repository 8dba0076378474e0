#include "core/scale/hpa_math.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tenfold::core {

namespace {

// A whole count: not below zero, and what does not fit into the reference's int32 is its largest.
std::uint32_t ceil_count(double count) {
  if (!(count > 0)) return 0;
  return static_cast<std::uint32_t>(std::min(std::ceil(count), double{std::numeric_limits<std::int32_t>::max()}));
}

// The sums over the pods that are counted.
struct Sum {
  std::int64_t used = 0;
  std::int64_t request = 0;
  std::uint32_t pods = 0;

  void add(std::int64_t pod_used, std::int64_t pod_request) {
    used += pod_used;
    request += pod_request;
    ++pods;
  }
  // Whole percent, as the reference truncates it.
  double percent() const {
    const std::int64_t whole = used * 100 / request;
    return static_cast<double>(whole);
  }
};

enum class Group : std::uint8_t { kCounts, kMissing, kSetAside };

Group group_of(const HpaPod& pod, HpaResource resource) {
  if (pod.is_pending) return Group::kSetAside;
  if (!pod.used) return Group::kMissing;
  const bool is_blurred = !pod.is_ready || pod.is_young;
  return resource == HpaResource::kCpu && is_blurred ? Group::kSetAside : Group::kCounts;
}

// The percentage of its request that a pod without a sample is taken to use; nothing: it stays out.
std::optional<std::int64_t> assumed_percent(Group group, double ratio, double target_percent) {
  if (ratio > 1) return 0;
  if (ratio < 1 && group == Group::kMissing) return static_cast<std::int64_t>(std::max(100.0, target_percent));
  return std::nullopt;
}

bool turns_round(double ratio, double rerun) { return (ratio < 1 && rerun > 1) || (ratio > 1 && rerun < 1); }

// The count when the pods that did not count are taken to use what may be assumed of them.
std::uint32_t rerun_with_all(std::span<const HpaPod> pods, HpaResource resource, Sum sum, std::uint32_t current,
                             double target_percent, HpaTolerance tolerance) {
  const double ratio = sum.percent() / target_percent;
  for (const HpaPod& pod : pods) {
    const Group group = group_of(pod, resource);
    if (group == Group::kCounts) continue;
    const auto percent = assumed_percent(group, ratio, target_percent);
    if (percent) sum.add(pod.request * *percent / 100, pod.request);
  }
  const double rerun = sum.percent() / target_percent;
  if (tolerance.covers(rerun) || turns_round(ratio, rerun)) return current;
  const std::uint32_t replicas = ceil_count(rerun * sum.pods);
  const bool is_against_the_ratio = (rerun < 1 && replicas > current) || (rerun > 1 && replicas < current);
  return is_against_the_ratio ? current : replicas;
}

}  // namespace

std::optional<HpaProposal> hpa_utilization(std::span<const HpaPod> pods, HpaResource resource, std::uint32_t current,
                                           double target_percent, HpaTolerance tolerance) {
  Sum sum;
  std::uint32_t missing = 0;
  std::uint32_t set_aside = 0;
  for (const HpaPod& pod : pods) {
    const Group group = group_of(pod, resource);
    if (group == Group::kCounts) sum.add(*pod.used, pod.request);
    if (group == Group::kMissing) ++missing;
    if (group == Group::kSetAside) ++set_aside;
  }
  if (sum.pods == 0 || sum.request == 0) return std::nullopt;
  const double ratio = sum.percent() / target_percent;
  HpaProposal proposal{.replicas = current, .bare = ceil_count(ratio * sum.pods), .value = sum.percent()};
  const bool is_growing_with_some_aside = set_aside > 0 && ratio > 1;
  if (missing > 0 || is_growing_with_some_aside) {
    proposal.replicas = rerun_with_all(pods, resource, sum, current, target_percent, tolerance);
  } else if (!tolerance.covers(ratio)) {
    proposal.replicas = proposal.bare;
  }
  return proposal;
}

HpaProposal hpa_average_value(double total, double target, std::uint32_t current, HpaTolerance tolerance) {
  const std::uint32_t bare = ceil_count(total / target);
  // Without pods the ratio is infinite, or not a number when the total is zero: neither is tolerated.
  const bool stays = tolerance.covers(total / (target * current));
  return {.replicas = stays ? current : bare, .bare = bare, .value = total};
}

HpaProposal hpa_value(double value, double target, std::uint32_t current, std::uint32_t ready, HpaTolerance tolerance) {
  const double ratio = value / target;
  const std::uint32_t bare = ceil_count(current == 0 ? ratio : ratio * ready);
  const bool stays = current != 0 && tolerance.covers(ratio);
  return {.replicas = stays ? current : bare, .bare = bare, .value = value};
}

}  // namespace tenfold::core
