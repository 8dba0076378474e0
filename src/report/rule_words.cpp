#include "report/rule_words.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/words.hpp"

namespace tenfold::report {

namespace {

using core::PolicyKind;
using core::RecordDecision;
using core::RuleKind;
using core::Settings;

// Longer than any wait is: what a policy predicts when no slot is ready.
constexpr core::Duration kNoSlot = std::chrono::hours{24};

bool is_in_panic(const RecordDecision& d) { return d.evidence.panic_since != core::kNever; }

// Over which time the policy measured traffic.
core::Duration window_of(const RecordDecision& d, const core::ScaleSettings& scale) {
  switch (d.policy) {
    case PolicyKind::kAca:
      return d.measures == RuleKind::kRps ? scale.aca.polling_interval : scale.aca.evaluation_interval;
    case PolicyKind::kHpa:
      return scale.hpa.sync_period;
    case PolicyKind::kKnative: {
      const auto& knative = scale.knative;
      if (!is_in_panic(d)) return knative.stable_window;
      return std::chrono::round<core::Duration>(knative.stable_window * (knative.panic_window_percentage / 100));
    }
    case PolicyKind::kSlo:
    case PolicyKind::kPerRequest:
      break;
  }
  return {};
}

// "in the past 15 s", "on average".
std::string when(const RecordDecision& d, const core::ScaleSettings& scale) {
  const core::Duration window = window_of(d, scale);
  return window > core::Duration::zero() ? "in the past " + setting_text(window) : "lately";
}

std::string_view things(RuleKind kind) { return kind == RuleKind::kTcp ? "connection" : "request"; }

std::string measured(const RecordDecision& d, const Settings& settings) {
  switch (d.measures) {
    case RuleKind::kHttp:
    case RuleKind::kTcp:
      if (is_azure_rate(d, settings)) {
        return fmt::format("{} arrived {}, {:.2f} a second", counted(counted_arrivals(d, settings), things(d.measures)),
                           when(d, settings.scale), d.metric);
      }
      return fmt::format("{:.2f} {}s in flight on average {}", d.metric, things(d.measures), when(d, settings.scale));
    case RuleKind::kRps:
      return fmt::format("{:.2f} requests a second {}", d.metric, when(d, settings.scale));
    case RuleKind::kCpu:
      return fmt::format("the replicas use {:.1f} % of their CPU", d.metric);
    case RuleKind::kMemory:
      return fmt::format("the replicas use {:.1f} % of their memory", d.metric);
    case RuleKind::kQueueWait:
      return fmt::format("the 95th percentile of what waits has waited {:.2f} s", d.metric);
    case RuleKind::kCustom:
      return fmt::format("it measures {:.6g}", d.metric);
    case RuleKind::kSchedule:
      return fmt::format("the timetable asks for {:g} now", d.metric);
  }
  return {};
}

// "at 10 for each replica that asks for 1".
std::string asks(const RecordDecision& d) {
  switch (d.measures) {
    case RuleKind::kCpu:
    case RuleKind::kMemory:
      return fmt::format("; at {:g} % that asks for {}", d.target, d.recommended);
    case RuleKind::kQueueWait:
      return fmt::format("; at {:g} s that asks for {}", d.target, d.recommended);
    case RuleKind::kSchedule:
      return {};
    default:
      return fmt::format("; at {:g} for each replica that asks for {}", d.target, d.recommended);
  }
}

std::string panic(const RecordDecision& d, core::TimePoint zero) {
  if (!is_in_panic(d)) return {};
  return fmt::format("; in panic since {:.1f} s", seconds(d.evidence.panic_since - zero));
}

std::string by_rule(const RecordDecision& d, const Settings& settings, core::TimePoint zero) {
  const std::string name = rule_name(d, settings);
  return (name.empty() ? "" : fmt::format("rule '{}': ", name)) + measured(d, settings) + asks(d) + panic(d, zero);
}

// slo with a queue: what the last of it would wait, and whether that is too long.
std::string by_queue(const RecordDecision& d, const Settings& settings) {
  const std::uint32_t per_replica = d.slots > 0 ? d.slots : settings.replica.concurrency;
  const core::Duration wait = d.evidence.predicted_wait;
  const std::string target = setting_text(settings.scale.slo.target);
  std::string text = fmt::format("{} wait{}: ", d.waiting, d.waiting == 1 ? "s" : "");
  if (d.current == 0 || wait > kNoSlot) {
    text += fmt::format("no slot is ready, and {} is the target for the wait", target);
  } else {
    text += fmt::format("at {} each on {} the last would wait {}, {} {}", span_text(d.evidence.service),
                        counted(std::uint64_t{d.current} * per_replica, "slot"), span_text(wait),
                        wait > settings.scale.slo.target ? "above" : "within", target);
  }
  if (d.recommended > d.current && d.limit != core::Limit::kCores) {
    text +=
        fmt::format("; {} more would do (cold start {})", d.recommended - d.current, span_text(d.evidence.cold_start));
  }
  return text;
}

// slo, for what comes while a replica starts.
std::string by_spares(const RecordDecision& d, const Settings& settings) {
  return fmt::format(
      "{:.2g} come while a replica starts ({}), and {} is the target for the wait: {} free beside the {} "
      "that are taken, {} in all",
      d.evidence.arrivals_per_s * seconds(d.evidence.cold_start), span_text(d.evidence.cold_start),
      setting_text(settings.scale.slo.target),
      d.evidence.spares == 1 ? "1 slot is to be" : fmt::format("{} slots are to be", d.evidence.spares),
      d.running + d.waiting, counted(d.recommended, "replica"));
}

// slo, for load that comes again.
std::string by_surge(const RecordDecision& d) {
  return fmt::format("what comes together comes again within {}, and was late: {} kept for it",
                     span_text(d.evidence.hold),
                     d.recommended == 1 ? "1 replica is" : fmt::format("{} replicas are", d.recommended));
}

// slo without a queue: what was needed of late.
std::string by_use(const RecordDecision& d) {
  const std::string pace =
      fmt::format("{:.2f} requests a second at {} each", d.evidence.arrivals_per_s, span_text(d.evidence.service));
  if (d.recommended == d.current) {
    return fmt::format("nothing waits, {} come: {} stay{}", pace, counted(d.current, "replica"),
                       d.current == 1 ? "s" : "");
  }
  return fmt::format("nothing waits, {} come: {} enough for the past {}", pace,
                     d.recommended == 1 ? "1 replica was" : fmt::format("{} replicas were", d.recommended),
                     span_text(d.evidence.hold));
}

std::string by_slo(const RecordDecision& d, const Settings& settings) {
  switch (d.evidence.basis) {
    case core::Basis::kQueue:
      return d.waiting > 0 ? by_queue(d, settings) : by_use(d);
    case core::Basis::kSpares:
      return by_spares(d, settings);
    case core::Basis::kSurge:
      return by_surge(d);
    case core::Basis::kUse:
      return by_use(d);
  }
  return {};
}

// per-request: who has no slot, or who had nothing to do.
std::string by_request(const RecordDecision& d) {
  if (d.evidence.basis == core::Basis::kUse) {
    const std::uint32_t idle = d.current - std::min(d.current, d.recommended);
    return fmt::format("{} had nothing to do for {}", counted(idle, "replica"), setting_text(d.evidence.hold));
  }
  if (d.recommended <= d.current) return "nobody waits for one that is not there";
  const std::string waiting = fmt::format("{} wait{}", d.waiting, d.waiting == 1 ? "s" : "");
  const double coming = d.waiting - d.metric;
  const std::string without =
      coming > 0 ? fmt::format("{:g} of them without a slot on the way", d.metric) : fmt::format("and no slot is free");
  return fmt::format("{}, {}: {} more, one for {}", waiting, without, d.recommended - d.current,
                     d.target > 1 ? fmt::format("every {:g}", d.target) : "each");
}

}  // namespace

bool is_about_queue(const RecordDecision& d) {
  return d.policy == PolicyKind::kPerRequest || (d.policy == PolicyKind::kSlo && d.rule == core::kNoRule);
}

std::string rule_name(const RecordDecision& d, const Settings& settings) {
  const auto& rules = settings.scale.rules;
  return d.rule < rules.size() ? rules[d.rule].name : "";
}

bool is_azure_rate(const RecordDecision& d, const Settings& settings) {
  const bool is_traffic = d.measures == RuleKind::kHttp || d.measures == RuleKind::kTcp;
  return d.cause == core::DecisionCause::kRule && d.policy == PolicyKind::kAca && is_traffic &&
         settings.scale.aca.metric == core::AcaMetric::kRate;
}

std::uint64_t counted_arrivals(const RecordDecision& d, const Settings& settings) {
  return static_cast<std::uint64_t>(std::llround(std::max(0.0, d.metric) * seconds(window_of(d, settings.scale))));
}

std::string rule_text(const RecordDecision& d, const Settings& settings, core::TimePoint zero) {
  if (!is_about_queue(d)) return by_rule(d, settings, zero);
  return d.policy == PolicyKind::kSlo ? by_slo(d, settings) : by_request(d);
}

}  // namespace tenfold::report
