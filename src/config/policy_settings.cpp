// The part of the table of settings that belongs to one policy each: the parameters by the names of their references.
#include <algorithm>
#include <array>
#include <optional>
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

struct PolicyTypes {
  static constexpr std::string_view kWhat = "type of policy";
  static constexpr auto kAll = std::to_array<std::pair<std::string_view, core::HpaPolicyType>>(
      {{"Percent", core::HpaPolicyType::kPercent}, {"Pods", core::HpaPolicyType::kPods}});
};

// "type=Pods,value=4,periodSeconds=15", and several of these with semicolons between.
struct ScalingPolicies {
  using Policies = std::vector<core::HpaScalingPolicy>;

  static Applied read(Policies& member, std::string_view text) {
    do {
      auto added = add(member, take_until(text, ';'));
      if (!added) return added;
    } while (!text.empty());
    return {};
  }
  static std::string write(const Policies& policies) {
    std::string text;
    for (const core::HpaScalingPolicy& policy : policies) {
      text += fmt::format("{}type={},value={},periodSeconds={}", text.empty() ? "" : "; ",
                          Word<PolicyTypes>::write(policy.type), policy.value, Seconds<1, 1800>::write(policy.period));
    }
    return text;
  }

 private:
  static Applied add(Policies& member, std::string_view text) {
    core::HpaScalingPolicy policy;
    std::vector<std::string_view> stated;
    for (std::string_view rest = text; !rest.empty();) {
      std::string_view value = take_until(rest, ',');
      const std::string_view key = take_until(value, '=');
      auto read = read_key(policy, key, value);
      if (!read) return read;
      stated.push_back(key);
    }
    std::ranges::sort(stated);
    if (stated != std::vector<std::string_view>{"periodSeconds", "type", "value"}) {
      return std::unexpected(
          fmt::format("'{}' is no policy; it has a type, a value and periodSeconds, each once: "
                      "type=Percent,value=100,periodSeconds=15",
                      text));
    }
    member.push_back(policy);
    return {};
  }
  static Applied read_key(core::HpaScalingPolicy& policy, std::string_view key, std::string_view text) {
    if (key == "type") return Word<PolicyTypes>::read(policy.type, text);
    if (key == "value") return Count<1, 2'147'483'647>::read(policy.value, text);
    if (key == "periodSeconds") return Seconds<1, 1800>::read(policy.period, text);
    return std::unexpected(unknown_word("key", key, {"type", "value", "periodSeconds"}));
  }
};

struct OptionalNumber {
  static Applied read(std::optional<double>& member, std::string_view text) {
    return Number<0, 10>::read(member.emplace(), text);
  }
  static std::string write(std::optional<double> member) { return member ? format_number(*member) : ""; }
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
template <std::int64_t least, std::int64_t most = kHourMs>
struct Window {
  static Applied read(core::Duration& member, std::string_view text) {
    core::Duration window{};
    if (auto read = Time<least, most>::read(window, text); !read) return read;
    if (window % std::chrono::seconds{1} != core::Duration::zero())
      return std::unexpected(fmt::format("'{}' is not a whole number of seconds", text));
    member = window;
    return {};
  }
  static std::string write(core::Duration member) { return format_duration(member); }
};

// A target of Knative's is 0.01 at least.
struct Target {
  static Applied read(double& member, std::string_view text) {
    return store(member, parse_number(text, 0.01, 1'000'000));
  }
  static std::string write(double member) { return format_number(member); }
};

struct BurstCapacity {
  static Applied read(double& member, std::string_view text) {
    double number = 0;
    if (auto read = Number<-1, 1'000'000'000>::read(number, text); !read) return read;
    if (number < 0 && number != -1)
      return std::unexpected(fmt::format("'{}' is neither -1 nor a number from 0 on", text));
    member = number;
    return {};
  }
  static std::string write(double member) { return format_number(member); }
};

constexpr std::string_view kAcaGroup = "Policy aca: Azure Container Apps";
constexpr std::string_view kHpaGroup = "Policy hpa: Kubernetes' HorizontalPodAutoscaler";
constexpr std::string_view kKnativeGroup = "Policy knative: Knative's autoscaler";
constexpr std::string_view kSloGroup = "Policy slo: the fewest replicas that keep waits short";
constexpr std::string_view kPerRequestGroup = "Policy per-request: one instance for each request, kept for a while";

template <class Format, class Field>
constexpr Setting of(std::string_view group, std::string_view flag, std::string_view key, std::string_view value_name,
                     std::string_view help, Field at) {
  Setting setting = field<Format>(flag, key, value_name, help, at);
  setting.group = group;
  return setting;
}

using core::HpaBehavior;

core::Duration& down_window(core::HpaSettings& hpa) { return hpa.scale_down.stabilization_window; }

// The settings of one direction of `behavior`. Stating any of them states a behavior.
template <HpaBehavior core::HpaSettings::* direction>
struct Direction {
  template <class Format, auto member>
  static constexpr Setting field(std::string_view flag, std::string_view key, std::string_view value_name,
                                 std::string_view help) {
    return {.flag = flag,
            .key = key,
            .value_name = value_name,
            .help = help,
            .apply =
                [](AppConfig& config, std::string_view text) {
                  config.core.scale.hpa.has_behavior = true;
                  return Format::read((config.core.scale.hpa.*direction).*member, text);
                },
            .show = [](const AppConfig& config) -> std::string {
              if (!config.core.scale.hpa.has_behavior) return "";
              return Format::write((config.core.scale.hpa.*direction).*member);
            },
            .group = kHpaGroup};
  }

  static constexpr Setting policies(std::string_view flag, std::string_view key, std::string_view help) {
    Setting setting = field<ScalingPolicies, &HpaBehavior::policies>(flag, key, "POLICY", help);
    setting.is_repeatable = setting.takes_maps = true;
    return setting;
  }
};
using Up = Direction<&core::HpaSettings::scale_up>;
using Down = Direction<&core::HpaSettings::scale_down>;

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
    {.flag = "hpa-downscale-stabilization",
     .key = "tenfold.hpa.downscaleStabilization",
     .value_name = "TIME",
     .help = "shrinking uses the largest recommendation of this span, where `behavior` states none",
     .apply = [](AppConfig& config,
                 std::string_view text) { return Time<0>::read(down_window(config.core.scale.hpa), text); },
     .show =
         [](const AppConfig& config) {
           // What a behavior states is shown there.
           const core::HpaSettings stated =
               config.core.scale.hpa.has_behavior ? core::HpaSettings{} : config.core.scale.hpa;
           return Time<0>::write(stated.scale_down.stabilization_window);
         },
     .group = kHpaGroup},
    Up::field<Seconds<0, 3600>, &HpaBehavior::stabilization_window>(
        "hpa-scale-up-stabilization-window-seconds", "tenfold.hpa.behavior.scaleUp.stabilizationWindowSeconds",
        "SECONDS", "growing uses the smallest recommendation of this span"),
    Up::field<Word<SelectPolicies>, &HpaBehavior::select_policy>(
        "hpa-scale-up-select-policy", "tenfold.hpa.behavior.scaleUp.selectPolicy", "Max|Min|Disabled",
        "which of the policies bounds the growth"),
    Up::policies("hpa-scale-up-policies", "tenfold.hpa.behavior.scaleUp.policies",
                 "growth in a period, in Percent or Pods; may be given more than once"),
    Up::field<OptionalNumber, &HpaBehavior::tolerance>(
        "hpa-scale-up-tolerance", "tenfold.hpa.behavior.scaleUp.tolerance", "NUMBER", "of growth alone"),
    Down::field<Seconds<0, 3600>, &HpaBehavior::stabilization_window>(
        "hpa-scale-down-stabilization-window-seconds", "tenfold.hpa.behavior.scaleDown.stabilizationWindowSeconds",
        "SECONDS", "shrinking uses the largest recommendation of this span"),
    Down::field<Word<SelectPolicies>, &HpaBehavior::select_policy>(
        "hpa-scale-down-select-policy", "tenfold.hpa.behavior.scaleDown.selectPolicy", "Max|Min|Disabled",
        "which of the policies bounds the shrinking"),
    Down::policies("hpa-scale-down-policies", "tenfold.hpa.behavior.scaleDown.policies",
                   "shrinking in a period, in Percent or Pods; may be given more than once"),
    Down::field<OptionalNumber, &HpaBehavior::tolerance>(
        "hpa-scale-down-tolerance", "tenfold.hpa.behavior.scaleDown.tolerance", "NUMBER", "of shrinking alone"),
});

// The bounds are those of Knative's own validation (pkg/autoscaler/config).
const auto kKnative = std::to_array<Setting>({
    of<Share>(kKnativeGroup, "knative-container-concurrency-target-percentage",
              "tenfold.knative.container-concurrency-target-percentage", "PERCENT", "how full a replica is to be",
              TENFOLD_FIELD(core.scale.knative.container_concurrency_target_percentage)),
    of<Above0<1'000'000>>(kKnativeGroup, "knative-container-concurrency-target-default",
                          "tenfold.knative.container-concurrency-target-default", "N",
                          "requests in flight for a replica whose slots are measured, at most",
                          TENFOLD_FIELD(core.scale.knative.container_concurrency_target_default)),
    of<Target>(kKnativeGroup, "knative-requests-per-second-target-default",
               "tenfold.knative.requests-per-second-target-default", "N",
               "requests in a second for a replica, of an rps rule without target",
               TENFOLD_FIELD(core.scale.knative.requests_per_second_target_default)),
    of<BurstCapacity>(
        kKnativeGroup, "knative-target-burst-capacity", "tenfold.knative.target-burst-capacity", "N",
        "requests at once that are to be borne without queueing, else the activator is in the path; -1: it always is",
        TENFOLD_FIELD(core.scale.knative.target_burst_capacity)),
    of<Window<6 * kSecondMs>>(kKnativeGroup, "knative-stable-window", "tenfold.knative.stable-window", "TIME",
                              "what it averages over in calm", TENFOLD_FIELD(core.scale.knative.stable_window)),
    of<Number<1, 100>>(kKnativeGroup, "knative-panic-window-percentage", "tenfold.knative.panic-window-percentage",
                       "PERCENT", "of the stable window: what it averages over in panic",
                       TENFOLD_FIELD(core.scale.knative.panic_window_percentage)),
    of<Number<-1'000'000, 1'000'000>>(kKnativeGroup, "knative-panic-threshold-percentage",
                                      "tenfold.knative.panic-threshold-percentage", "PERCENT",
                                      "of what the ready replicas bear: above it, panic begins",
                                      TENFOLD_FIELD(core.scale.knative.panic_threshold_percentage)),
    of<Number<1, 1'000'000, true>>(kKnativeGroup, "knative-max-scale-up-rate", "tenfold.knative.max-scale-up-rate",
                                   "FACTOR", "growth in one look", TENFOLD_FIELD(core.scale.knative.max_scale_up_rate)),
    of<Number<1, 1'000'000, true>>(kKnativeGroup, "knative-max-scale-down-rate", "tenfold.knative.max-scale-down-rate",
                                   "FACTOR", "shrinking in one look",
                                   TENFOLD_FIELD(core.scale.knative.max_scale_down_rate)),
    of<Time<1>>(kKnativeGroup, "knative-scale-to-zero-grace-period", "tenfold.knative.scale-to-zero-grace-period",
                "TIME", "how long the activator is in the path before the last replica goes",
                TENFOLD_FIELD(core.scale.knative.scale_to_zero_grace_period)),
    of<Time<0>>(kKnativeGroup, "knative-scale-to-zero-pod-retention-period",
                "tenfold.knative.scale-to-zero-pod-retention-period", "TIME",
                "how long the last replicas stay when none is wanted",
                TENFOLD_FIELD(core.scale.knative.scale_to_zero_pod_retention_period)),
    of<Window<0, 24 * kHourMs>>(kKnativeGroup, "knative-scale-down-delay", "tenfold.knative.scale-down-delay", "TIME",
                                "shrinking uses the largest count of this span",
                                TENFOLD_FIELD(core.scale.knative.scale_down_delay)),
    of<Count<1, core::kMaxReplicas>>(kKnativeGroup, "knative-initial-scale", "tenfold.knative.initial-scale", "N",
                                     "replicas to begin with", TENFOLD_FIELD(core.scale.knative.initial_scale)),
    of<Count<1, core::kMaxReplicas>>(kKnativeGroup, "knative-activation-scale", "tenfold.knative.activation-scale", "N",
                                     "replicas at least, when there are any",
                                     TENFOLD_FIELD(core.scale.knative.activation_scale)),
    of<Time<10, kHourMs>>(kKnativeGroup, "knative-tick-interval", "tenfold.knative.tick-interval", "TIME",
                          "how often it looks", TENFOLD_FIELD(core.scale.knative.tick_interval)),
});

const auto kPerRequest = std::to_array<Setting>({
    of<Time<0>>(kPerRequestGroup, "per-request-keep-alive", "tenfold.per-request.keep-alive", "TIME",
                "how long a replica is kept in which nothing runs", TENFOLD_FIELD(core.scale.per_request.keep_alive)),
});

}  // namespace

std::span<const Setting> policy_settings() {
  static const std::vector<Setting> all = [] {
    std::vector<Setting> settings;
    for (const std::span<const Setting> part :
         {std::span<const Setting>{kSlo}, {kAca}, {kHpa}, {kKnative}, {kPerRequest}})
      settings.insert(settings.end(), part.begin(), part.end());
    return settings;
  }();
  return all;
}

}  // namespace tenfold::config
