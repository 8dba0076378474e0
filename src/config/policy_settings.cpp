// The part of the table of settings that belongs to one policy each: the parameters by the names of their references.
#include <array>
#include <vector>

#include <fmt/format.h>

#include "config/fields.hpp"
#include "config/tables.hpp"

namespace tenfold::config {

namespace {

constexpr std::int64_t kSecondMs = 1000;
constexpr std::int64_t kHourMs = 3600 * kSecondMs;

struct AcaMetrics {
  static constexpr std::string_view kWhat = "metric";
  static constexpr auto kAll = std::to_array<std::pair<std::string_view, core::AcaMetric>>(
      {{"rate", core::AcaMetric::kRate}, {"inflight", core::AcaMetric::kInFlight}});
};

struct SelectPolicies {
  static constexpr std::string_view kWhat = "selectPolicy";
  static constexpr auto kAll =
      std::to_array<std::pair<std::string_view, core::SelectPolicy>>({{"Max", core::SelectPolicy::kMax},
                                                                      {"Min", core::SelectPolicy::kMin},
                                                                      {"Disabled", core::SelectPolicy::kDisabled}});
};

// Knative reads a percentage of 1 or less as a fraction.
struct Share {
  static Applied read(double& member, std::string_view text) {
    auto read = Above0<100>::read(member, text);
    if (read && member <= 1) member *= 100;
    return read;
  }
  static std::string write(double member) { return format_number(member); }
};

// Knative's windows are whole seconds: its buckets are.
template <std::int64_t least>
struct Window {
  static Applied read(core::Duration& member, std::string_view text) {
    core::Duration window{};
    if (auto read = Time<least, kHourMs>::read(window, text); !read) return read;
    if (window % std::chrono::seconds{1} != core::Duration::zero())
      return std::unexpected(fmt::format("'{}' is not a whole number of seconds", text));
    member = window;
    return {};
  }
  static std::string write(core::Duration member) { return format_duration(member); }
};

struct BurstCapacity {
  static Applied read(double& member, std::string_view text) {
    auto read = Number<-1, 1'000'000'000>::read(member, text);
    if (read && member < 0) member = -1;
    return read;
  }
  static std::string write(double member) { return format_number(member); }
};

constexpr std::string_view kAcaGroup = "Policy aca: Azure Container Apps";
constexpr std::string_view kHpaGroup = "Policy hpa: Kubernetes' HorizontalPodAutoscaler";
constexpr std::string_view kKnativeGroup = "Policy knative: Knative's autoscaler";
constexpr std::string_view kSloGroup = "Policy slo: the fewest replicas that keep waits short";

template <class Format, class Field>
constexpr Setting of(std::string_view group, std::string_view flag, std::string_view key, std::string_view value_name,
                     std::string_view help, Field at) {
  Setting setting = field<Format>(flag, key, value_name, help, at);
  setting.group = group;
  return setting;
}

const auto kSlo = std::to_array<Setting>({
    of<Time<1>>(kSloGroup, "slo-target", "tenfold.slo.target", "TIME",
                "what the 95th percentile of the wait for a slot is to stay below",
                TENFOLD_FIELD(core.scale.slo.target)),
});

const auto kAca = std::to_array<Setting>({
    of<Word<AcaMetrics>>(kAcaGroup, "aca-metric", "tenfold.aca.metric", "rate|inflight",
                         "what http and tcp rules measure: arrivals in a second, as documented, or requests in flight",
                         TENFOLD_FIELD(core.scale.aca.metric)),
    of<Time<10, kHourMs>>(kAcaGroup, "aca-evaluation-interval", "tenfold.aca.evaluationInterval", "TIME",
                          "how often http and tcp rules are looked at, and their window",
                          TENFOLD_FIELD(core.scale.aca.evaluation_interval)),
    of<Time<0>>(kAcaGroup, "aca-scale-down-stabilization", "tenfold.aca.scaleDownStabilization", "TIME",
                "shrinking uses the largest recommendation of this span",
                TENFOLD_FIELD(core.scale.aca.scale_down_stabilization)),
});

// The bounds of the behaviours are those of the API server's validation.
const auto kHpa = std::to_array<Setting>({
    of<Time<10, kHourMs>>(kHpaGroup, "hpa-sync-period", "tenfold.hpa.syncPeriod", "TIME", "how often it looks",
                          TENFOLD_FIELD(core.scale.hpa.sync_period)),
    of<Number<0, 10>>(kHpaGroup, "hpa-tolerance", "tenfold.hpa.tolerance", "NUMBER",
                      "how far the ratio of metric and target may be from 1 without a change",
                      TENFOLD_FIELD(core.scale.hpa.tolerance)),
    of<Time<0>>(kHpaGroup, "hpa-cpu-initialization-period", "tenfold.hpa.cpuInitializationPeriod", "TIME",
                "how long a new replica's CPU may be set aside",
                TENFOLD_FIELD(core.scale.hpa.cpu_initialization_period)),
    of<Time<0>>(kHpaGroup, "hpa-initial-readiness-delay", "tenfold.hpa.initialReadinessDelay", "TIME",
                "how long after its start a replica that is not ready counts as starting",
                TENFOLD_FIELD(core.scale.hpa.initial_readiness_delay)),
    of<Seconds<0, 3600>>(kHpaGroup, "hpa-scale-up-stabilization-window-seconds",
                         "tenfold.hpa.scaleUp.stabilizationWindowSeconds", "SECONDS",
                         "growing uses the smallest recommendation of this span",
                         TENFOLD_FIELD(core.scale.hpa.scale_up.stabilization_window)),
    of<Word<SelectPolicies>>(kHpaGroup, "hpa-scale-up-select-policy", "tenfold.hpa.scaleUp.selectPolicy",
                             "Max|Min|Disabled", "which of percent and pods bounds the growth",
                             TENFOLD_FIELD(core.scale.hpa.scale_up.select_policy)),
    of<Count<0, 1'000'000>>(kHpaGroup, "hpa-scale-up-percent", "tenfold.hpa.scaleUp.percent", "N",
                            "growth in a period, in percent; 0: no such bound",
                            TENFOLD_FIELD(core.scale.hpa.scale_up.percent)),
    of<Count<0, core::kMaxReplicas>>(kHpaGroup, "hpa-scale-up-pods", "tenfold.hpa.scaleUp.pods", "N",
                                     "growth in a period, in replicas; 0: no such bound",
                                     TENFOLD_FIELD(core.scale.hpa.scale_up.pods)),
    of<Seconds<1, 1800>>(kHpaGroup, "hpa-scale-up-period-seconds", "tenfold.hpa.scaleUp.periodSeconds", "SECONDS",
                         "the period of both", TENFOLD_FIELD(core.scale.hpa.scale_up.period)),
    of<Seconds<0, 3600>>(kHpaGroup, "hpa-scale-down-stabilization-window-seconds",
                         "tenfold.hpa.scaleDown.stabilizationWindowSeconds", "SECONDS",
                         "shrinking uses the largest recommendation of this span",
                         TENFOLD_FIELD(core.scale.hpa.scale_down.stabilization_window)),
    of<Word<SelectPolicies>>(kHpaGroup, "hpa-scale-down-select-policy", "tenfold.hpa.scaleDown.selectPolicy",
                             "Max|Min|Disabled", "which of percent and pods bounds the shrinking",
                             TENFOLD_FIELD(core.scale.hpa.scale_down.select_policy)),
    of<Count<0, 1'000'000>>(kHpaGroup, "hpa-scale-down-percent", "tenfold.hpa.scaleDown.percent", "N",
                            "shrinking in a period, in percent; 0: no such bound",
                            TENFOLD_FIELD(core.scale.hpa.scale_down.percent)),
    of<Count<0, core::kMaxReplicas>>(kHpaGroup, "hpa-scale-down-pods", "tenfold.hpa.scaleDown.pods", "N",
                                     "shrinking in a period, in replicas; 0: no such bound",
                                     TENFOLD_FIELD(core.scale.hpa.scale_down.pods)),
    of<Seconds<1, 1800>>(kHpaGroup, "hpa-scale-down-period-seconds", "tenfold.hpa.scaleDown.periodSeconds", "SECONDS",
                         "the period of both", TENFOLD_FIELD(core.scale.hpa.scale_down.period)),
});

// The bounds are those of Knative's own validation (pkg/autoscaler/config).
const auto kKnative = std::to_array<Setting>({
    of<Share>(kKnativeGroup, "knative-container-concurrency-target-percentage",
              "tenfold.knative.container-concurrency-target-percentage", "PERCENT", "how full a replica is to be",
              TENFOLD_FIELD(core.scale.knative.container_concurrency_target_percentage)),
    of<Above0<1'000'000>>(kKnativeGroup, "knative-container-concurrency-target-default",
                          "tenfold.knative.container-concurrency-target-default", "N",
                          "requests in flight for a replica whose concurrency has no limit",
                          TENFOLD_FIELD(core.scale.knative.container_concurrency_target_default)),
    of<Above0<1'000'000>>(kKnativeGroup, "knative-requests-per-second-target-default",
                          "tenfold.knative.requests-per-second-target-default", "N",
                          "requests in a second for a replica, where rps is the metric",
                          TENFOLD_FIELD(core.scale.knative.requests_per_second_target_default)),
    of<BurstCapacity>(kKnativeGroup, "knative-target-burst-capacity", "tenfold.knative.target-burst-capacity", "N",
                      "requests at once that are to be borne without queueing; -1: any number",
                      TENFOLD_FIELD(core.scale.knative.target_burst_capacity)),
    of<Window<6 * kSecondMs>>(kKnativeGroup, "knative-stable-window", "tenfold.knative.stable-window", "TIME",
                              "what it averages over in calm", TENFOLD_FIELD(core.scale.knative.stable_window)),
    of<Number<1, 100>>(kKnativeGroup, "knative-panic-window-percentage", "tenfold.knative.panic-window-percentage",
                       "PERCENT", "of the stable window: what it averages over in panic",
                       TENFOLD_FIELD(core.scale.knative.panic_window_percentage)),
    of<Above0<1'000'000>>(kKnativeGroup, "knative-panic-threshold-percentage",
                          "tenfold.knative.panic-threshold-percentage", "PERCENT",
                          "of what the ready replicas bear: above it, panic begins",
                          TENFOLD_FIELD(core.scale.knative.panic_threshold_percentage)),
    of<Number<1, 1'000'000, true>>(kKnativeGroup, "knative-max-scale-up-rate", "tenfold.knative.max-scale-up-rate",
                                   "FACTOR", "growth in one look", TENFOLD_FIELD(core.scale.knative.max_scale_up_rate)),
    of<Number<1, 1'000'000, true>>(kKnativeGroup, "knative-max-scale-down-rate", "tenfold.knative.max-scale-down-rate",
                                   "FACTOR", "shrinking in one look",
                                   TENFOLD_FIELD(core.scale.knative.max_scale_down_rate)),
    of<Time<6 * kSecondMs>>(kKnativeGroup, "knative-scale-to-zero-grace-period",
                            "tenfold.knative.scale-to-zero-grace-period", "TIME", "how long the last replica stays",
                            TENFOLD_FIELD(core.scale.knative.scale_to_zero_grace_period)),
    of<Window<0>>(kKnativeGroup, "knative-scale-down-delay", "tenfold.knative.scale-down-delay", "TIME",
                  "shrinking uses the largest count of this span", TENFOLD_FIELD(core.scale.knative.scale_down_delay)),
    of<Count<0, core::kMaxReplicas>>(kKnativeGroup, "knative-initial-scale", "tenfold.knative.initial-scale", "N",
                                     "replicas to begin with", TENFOLD_FIELD(core.scale.knative.initial_scale)),
    of<Count<1, core::kMaxReplicas>>(kKnativeGroup, "knative-activation-scale", "tenfold.knative.activation-scale", "N",
                                     "replicas at least, when there are any",
                                     TENFOLD_FIELD(core.scale.knative.activation_scale)),
    of<Time<10, kHourMs>>(kKnativeGroup, "knative-tick-interval", "tenfold.knative.tick-interval", "TIME",
                          "how often it looks", TENFOLD_FIELD(core.scale.knative.tick_interval)),
});

}  // namespace

std::span<const Setting> policy_settings() {
  static const std::vector<Setting> all = [] {
    std::vector<Setting> settings;
    for (const std::span<const Setting> part : {std::span<const Setting>{kSlo}, {kAca}, {kHpa}, {kKnative}})
      settings.insert(settings.end(), part.begin(), part.end());
    return settings;
  }();
  return all;
}

}  // namespace tenfold::config
