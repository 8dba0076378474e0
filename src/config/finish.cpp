// What no single setting can say: how the settings fit together.
#include <algorithm>

#include <fmt/format.h>

#include "config/fields.hpp"
#include "config/probes.hpp"
#include "config/rules.hpp"

namespace tenfold::config {

namespace {

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

Applied check_behavior(std::string_view name, const core::HpaBehavior& behavior) {
  const bool has_bound = behavior.percent > 0 || behavior.pods > 0;
  if (has_bound || behavior.select_policy == core::SelectPolicy::kDisabled) return {};
  return std::unexpected(fmt::format(
      "tenfold.hpa.{}: percent and pods are both 0; for no change at all write selectPolicy: Disabled", name));
}

// Knative's rule: the panic window holds at least one of its buckets of a second.
Applied check_panic_window(const core::KnativeSettings& knative) {
  const double seconds =
      std::chrono::duration<double>{knative.stable_window}.count() * knative.panic_window_percentage / 100;
  if (seconds >= 1) return {};
  return std::unexpected(fmt::format("tenfold.knative: a panic window of {} % of {} is {} s, less than 1 s",
                                     knative.panic_window_percentage, format_duration(knative.stable_window), seconds));
}

Applied check_scale(const core::ScaleSettings& scale) {
  if (scale.min_replicas > scale.max_replicas) {
    return std::unexpected(
        fmt::format("min replicas ({}) is above max replicas ({})", scale.min_replicas, scale.max_replicas));
  }
  if (auto checked = check_behavior("scaleUp", scale.hpa.scale_up); !checked) return checked;
  if (auto checked = check_behavior("scaleDown", scale.hpa.scale_down); !checked) return checked;
  return check_panic_window(scale.knative);
}

}  // namespace

Applied finish(AppConfig& config) {
  if (auto added = add_flag_rule(config); !added) return added;
  if (auto checked = check_names(config); !checked) return checked;
  core::ScaleSettings& scale = config.core.scale;
  if (!config.has_min_replicas) scale.min_replicas = std::min(scale.min_replicas, scale.max_replicas);
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
