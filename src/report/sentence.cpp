// Decisions in words: what was measured and asked for (rule_words.cpp), what limited it, and what came of it.
#include <fmt/format.h>

#include "core/scale/hpa.hpp"
#include "core/service_times.hpp"
#include "report/rule_words.hpp"
#include "report/story.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

using core::Limit;
using core::PolicyKind;

// What changed, or that nothing did.
std::string outcome(const core::RecordDecision& d) {
  if (d.enlists > 0) {
    const std::string taken = fmt::format("took {} that {} warm", d.enlists, d.enlists == 1 ? "was" : "were");
    return d.starts > 0 ? fmt::format("{}, started {}", taken, d.starts) : taken;
  }
  if (d.starts > 0) return fmt::format("started {}", d.starts);
  if (d.reserves > 0) return fmt::format("sent {} away, {} to be kept warm", d.drains, d.reserves);
  if (d.drains > 0) return fmt::format("sent {} away", d.drains);
  return "nothing to start or stop";
}

std::string stabilization(const core::RecordDecision& d, const core::ScaleSettings& scale) {
  const bool is_upwards = d.stabilized < d.recommended;
  core::Duration window = scale.aca.scale_down_stabilization;
  if (d.policy == PolicyKind::kHpa) {
    window = is_upwards ? scale.hpa.scale_up.stabilization_window : scale.hpa.scale_down.stabilization_window;
  }
  if (d.policy == PolicyKind::kKnative) window = scale.knative.scale_down_delay;
  // An autoscaler without behavior also grows by what it recommended then.
  const bool may_grow = d.policy == PolicyKind::kHpa && d.stabilized > d.current;
  return fmt::format("{}{} by the {} recommendation of the past {}", may_grow ? "" : "kept at ", d.stabilized,
                     is_upwards ? "smallest" : "largest", setting_text(window));
}

std::string tolerance(const core::RecordDecision& d, const core::HpaSettings& hpa) {
  const core::HpaTolerance tolerance = core::hpa_tolerance(hpa);
  return fmt::format("within the tolerance of {:g} %, so nothing changes",
                     100 * (d.recommended > d.stabilized ? tolerance.up : tolerance.down));
}

std::string cooldown(const core::RecordDecision& d, const core::ScaleSettings& scale) {
  if (d.policy == PolicyKind::kKnative) {
    return fmt::format("the last replica stays for the stable window ({}), the retention ({}) and the grace ({})",
                       setting_text(scale.knative.stable_window),
                       setting_text(scale.knative.scale_to_zero_pod_retention_period),
                       setting_text(scale.knative.scale_to_zero_grace_period));
  }
  return fmt::format("the step to zero comes {} after the last activity", setting_text(scale.aca.cooldown_period));
}

std::string cores(const core::RecordDecision& d, const core::Settings& settings) {
  return fmt::format("more than {} CPU-bound replica{} gain nothing on {:g} core{}", d.stabilized,
                     d.stabilized == 1 ? "" : "s", settings.machine.cores, settings.machine.cores == 1 ? "" : "s");
}

// What kept the policy from what it asked for; empty if nothing did.
std::string limit(const core::RecordDecision& d, const core::Settings& settings) {
  switch (d.limit) {
    case Limit::kNone:
      return {};
    case Limit::kStep:
      return fmt::format("{} in this step, from {}", d.stabilized, d.current);
    case Limit::kStabilization:
      return stabilization(d, settings.scale);
    case Limit::kTolerance:
      return tolerance(d, settings.scale.hpa);
    case Limit::kPanic:
      return fmt::format("in panic it does not shrink: kept at {}", d.stabilized);
    case Limit::kMissing:
      return fmt::format("a metric is missing, so it does not shrink: kept at {}", d.stabilized);
    case Limit::kCooldown:
      return cooldown(d, settings.scale);
    case Limit::kCores:
      return cores(d, settings);
  }
  return {};
}

std::string clamp(const core::RecordDecision& d) {
  if (d.desired > d.stabilized) return fmt::format("min is {}", d.desired);
  if (d.desired < d.stabilized) return fmt::format("max is {}", d.desired);
  return {};
}

std::string evaluation(const core::RecordDecision& d, const core::Settings& settings, core::TimePoint zero) {
  std::string text = rule_text(d, settings, zero);
  for (const std::string& part : {limit(d, settings), clamp(d)}) {
    if (!part.empty()) text += "; " + part;
  }
  // This is about more or fewer already.
  if (is_about_queue(d)) return fmt::format("{}: {}", text, outcome(d));
  return fmt::format("{}: {} wanted, {} there, {}", text, d.desired, d.current, outcome(d));
}

std::string slots(const core::RecordDecision& d) {
  const double cpus = d.evidence.cpus_per_slot;
  const std::string each = d.slots == 1 ? "1 slot" : fmt::format("{} slots", d.slots);
  if (cpus <= 0) return fmt::format("{} for each replica from now on", each);
  return fmt::format("{}: a request uses {:.2f} CPU of its time: {} for each replica",
                     cpus >= core::kCpuBound ? "CPU-bound" : "I/O-bound", cpus, each);
}

}  // namespace

std::string to_sentence(const core::RecordDecision& d, const core::Settings& settings, core::TimePoint zero) {
  switch (d.cause) {
    case core::DecisionCause::kInitial:
      return fmt::format("the service begins with {}", counted(d.desired, "replica"));
    case core::DecisionCause::kRule:
      return evaluation(d, settings, zero);
    case core::DecisionCause::kActivation:
      return fmt::format("a request came and no replica was there: {}", outcome(d));
    case core::DecisionCause::kReplaced:
      return fmt::format("a replica is gone, {} wanted: {}", d.desired, outcome(d));
    case core::DecisionCause::kBackoff:
      return fmt::format("{} failed start{} in a row: the next is tried in {:.1f} s", d.failures,
                         d.failures == 1 ? "" : "s", seconds(d.pause));
    case core::DecisionCause::kShutdown:
      return fmt::format("shutting down: {} running, {} waiting", d.running, d.waiting);
    case core::DecisionCause::kConfig:
      return fmt::format("by the new configuration, min {} and max {}, {} wanted, {} there: {}",
                         settings.scale.min_replicas, settings.scale.max_replicas, d.desired, d.current, outcome(d));
    case core::DecisionCause::kConcurrency:
      return slots(d);
    case core::DecisionCause::kUnhealthy:
      return fmt::format("replica {} did not end a request that was taken back within {}: it gets nothing new, {}",
                         core::to_number(d.replica), setting_text(settings.replica.cancel_grace), outcome(d));
    case core::DecisionCause::kKilled:
      return fmt::format("replica {} is killed to end a request that was taken back (cancel: kill): {}",
                         core::to_number(d.replica), outcome(d));
    case core::DecisionCause::kRollOut:
      return fmt::format("revision {} is on its way: {} of it beside those that serve", core::to_number(d.revision),
                         counted(d.starts, "replica"));
    case core::DecisionCause::kPromoted:
      return fmt::format("revision {} is ready and gets what comes: {} of the one before leave{}",
                         core::to_number(d.revision), counted(d.drains, "replica"), d.drains == 1 ? "s" : "");
    case core::DecisionCause::kRolledBack:
      return fmt::format("revision {} is given up after {} failed starts in a row: the one before serves on",
                         core::to_number(d.revision), d.failures);
    case core::DecisionCause::kWithdrawn:
      return fmt::format("revision {} is not wanted any more", core::to_number(d.revision));
    case core::DecisionCause::kWarm:
      return fmt::format("{} to be kept warm: {}", counted(settings.scale.warm, "replica"), outcome(d));
  }
  return {};
}

}  // namespace tenfold::report
