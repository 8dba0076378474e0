// What no single setting can say: how the settings fit together.
#include <algorithm>

#include <fmt/format.h>

#include "config/cross_checks.hpp"
#include "config/fields.hpp"
#include "config/file_shape.hpp"
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

}  // namespace

Applied finish(AppConfig& config) {
  if (auto added = add_flag_rule(config); !added) return added;
  if (auto checked = check_names(config); !checked) return checked;
  core::ScaleSettings& scale = config.core.scale;
  if (!config.has_min_replicas) scale.min_replicas = std::min(scale.min_replicas, scale.max_replicas);
  bound_start(config);
  Faults faults;
  check_together(config, faults);
  if (!faults.empty()) return std::unexpected(faults.text(config.document_name));
  core::ReplicaSettings& replica = config.core.replica;
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
  const Node* image = find_at(config.document, "properties.template.containers[].image");
  Faults faults;
  faults.add(image != nullptr ? image->line : 0, "",
             fmt::format("the image {} is not run here; say what is: containers[0].command in the file, or the program "
                         "after --",
                         config.image));
  return std::unexpected(faults.text(config.document_name));
}

}  // namespace tenfold::config
