// What no single setting can say: how the settings fit together.
#include <algorithm>

#include <fmt/format.h>

#include "config/fields.hpp"
#include "config/probes.hpp"
#include "config/rules.hpp"

namespace tenfold::config {

namespace {

// What no target of Knative's may be below.
constexpr double kSmallestKnativeTarget = 0.01;
// A timetable is right until its next change, whenever that is; so its value never grows old.
constexpr core::Duration kScheduleKeep = std::chrono::hours{24 * 366};

// The name of the rule that flags state without one: that of the only rule of its type, else the type.
std::expected<std::string, std::string> flag_rule_name(const AppConfig& config, std::string_view type) {
  std::string name{type};
  std::size_t same = 0;
  for (std::uint32_t i = 0; i < config.core.scale.rules.size(); ++i) {
    if (rule_text(config.core.scale.rules[i], source_of(config, i)).type != type) continue;
    name = config.core.scale.rules[i].name;
    ++same;
  }
  if (same > 1)
    return std::unexpected(fmt::format("the file has {} {} rules; say which with --scale-rule-name", same, type));
  return name;
}

Applied add_flag_rule(AppConfig& config) {
  if (!config.flag_rule) return {};
  RuleText text = *std::exchange(config.flag_rule, std::nullopt);
  if (text.type.empty()) text.type = "http";
  if (text.name.empty()) {
    auto name = flag_rule_name(config, text.type);
    if (!name) return std::unexpected(name.error());
    text.name = *name;
  }
  auto rule = make_rule(text);
  if (!rule) {
    RuleFault fault = rule.error();
    if (fault.is_azures) fault.what += " is not looked at here; metrics-api polls what a service counts";
    const bool is_metadata = !fault.key.empty() && fault.key != "name" && fault.key != "type";
    const bool is_type = fault.key == "type" && !place_of(text.type);
    if (is_type) return std::unexpected(fmt::format("--scale-rule-type: {}", fault.what));
    if (is_metadata || fault.key == "type")
      return std::unexpected(fmt::format("--scale-rule-metadata {}: {}", fault.key, fault.what));
    return std::unexpected(fmt::format("--scale-rule-*: {}", fault.what));
  }
  return put_rule(config, std::move(*rule));
}

Applied check_names(const AppConfig& config) {
  const std::vector<core::ScaleRule>& rules = config.core.scale.rules;
  for (auto rule = rules.begin(); rule != rules.end(); ++rule) {
    if (std::find_if(rules.begin(), rule, [&](const auto& other) { return other.name == rule->name; }) != rule)
      return std::unexpected(fmt::format("there are two rules of the name '{}'", rule->name));
  }
  if (rules.size() > core::kMaxRules)
    return std::unexpected(fmt::format("{} rules are too many; there are {} at most", rules.size(), core::kMaxRules));
  return {};
}

void set_polling(AppConfig& config) {
  for (MetricSource& source : config.metric_sources) source.timeout = config.metric_timeout;
  for (core::ScaleRule& rule : config.core.scale.rules) {
    if (rule.kind == core::RuleKind::kCustom) rule.keep = config.metric_keep;
    if (rule.kind == core::RuleKind::kSchedule) rule.keep = kScheduleKeep;
  }
}

// Knative's rule: what a replica aims at by default is no smaller than its smallest target.
Applied check_default_target(const core::KnativeSettings& knative) {
  const double share = knative.container_concurrency_target_percentage / 100;
  const double target = share * knative.container_concurrency_target_default;
  if (target >= kSmallestKnativeTarget) return {};
  return std::unexpected(
      fmt::format("tenfold.knative: {} % of a container-concurrency-target-default of {} is {:.6g}, less "
                  "than {}",
                  knative.container_concurrency_target_percentage, knative.container_concurrency_target_default, target,
                  kSmallestKnativeTarget));
}

// Only Knative has a default for how many requests a second a replica takes.
Applied fill_rates(core::ScaleSettings& scale) {
  for (core::ScaleRule& rule : scale.rules) {
    if (rule.kind != core::RuleKind::kRps || rule.target > 0) continue;
    if (scale.policy != core::PolicyKind::kKnative)
      return std::unexpected(fmt::format("the rps rule '{}' needs target in its metadata", rule.name));
    rule.target = scale.knative.requests_per_second_target_default;
  }
  return {};
}

Applied check_scale(const core::ScaleSettings& scale) {
  if (scale.min_replicas > scale.max_replicas) {
    return std::unexpected(
        fmt::format("min replicas ({}) is above max replicas ({})", scale.min_replicas, scale.max_replicas));
  }
  return check_default_target(scale.knative);
}

}  // namespace

Applied finish(AppConfig& config) {
  if (auto added = add_flag_rule(config); !added) return added;
  if (auto checked = check_names(config); !checked) return checked;
  core::ScaleSettings& scale = config.core.scale;
  if (!config.has_min_replicas) scale.min_replicas = std::min(scale.min_replicas, scale.max_replicas);
  if (auto filled = fill_rates(scale); !filled) return filled;
  if (auto checked = check_scale(config.core.scale); !checked) return checked;
  bound_start(config);
  core::ReplicaSettings& replica = config.core.replica;
  if (config.request_timeout <= core::Duration::zero()) return std::unexpected("timeout must be above zero");
  if (replica.start_timeout <= core::Duration::zero()) return std::unexpected("start-timeout must be above zero");
  if (replica.memory == core::Bytes{0}) return std::unexpected("memory must be above zero");
  order_rules(config);
  set_polling(config);
  if (replica.is_concurrency_auto) {
    const double whole = std::clamp(replica.cpu, 1., static_cast<double>(core::kMaxConcurrency));
    replica.concurrency = static_cast<std::uint32_t>(whole);
  }
  return {};
}

Applied check_runnable(const AppConfig& config) {
  if (!config.command.empty() || config.image.empty()) return {};
  return std::unexpected(fmt::format(
      "the image {} is not run here; say what is: containers[0].command in the file, or the program after --",
      config.image));
}

}  // namespace tenfold::config
