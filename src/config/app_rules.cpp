// The rules that an app has: adding, replacing, ordering.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "config/rules.hpp"

namespace tenfold::config {

namespace {

bool is_ours(const core::ScaleRule& rule) {
  return rule.kind == core::RuleKind::kRps || rule.kind == core::RuleKind::kQueueWait;
}

}  // namespace

const Source* source_of(const AppConfig& config, std::uint32_t rule) {
  const auto at = std::ranges::find(config.metric_sources, rule, &MetricSource::rule);
  return at == config.metric_sources.end() ? nullptr : &at->from;
}

std::expected<void, std::string> put_rule(AppConfig& config, Rule rule) {
  std::vector<core::ScaleRule>& rules = config.core.scale.rules;
  const auto same = std::ranges::find(rules, rule.rule.name, &core::ScaleRule::name);
  const auto place = static_cast<std::uint32_t>(same - rules.begin());
  if (same == rules.end()) {
    if (rules.size() == core::kMaxRules) {
      return std::unexpected(
          fmt::format("the rule '{}' is one too many; there are {} at most", rule.rule.name, core::kMaxRules));
    }
    rules.push_back(std::move(rule.rule));
  } else {
    *same = std::move(rule.rule);
    std::erase_if(config.metric_sources, [&](const MetricSource& source) { return source.rule == place; });
  }
  if (rule.source) config.metric_sources.push_back({.rule = place, .from = std::move(*rule.source)});
  return {};
}

void order_rules(AppConfig& config) {
  const std::vector<core::ScaleRule> before = std::exchange(config.core.scale.rules, {});
  std::vector<std::uint32_t> places(before.size());
  for (const bool ours : {false, true}) {
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (is_ours(before[i]) != ours) continue;
      places[i] = static_cast<std::uint32_t>(config.core.scale.rules.size());
      config.core.scale.rules.push_back(before[i]);
    }
  }
  for (MetricSource& source : config.metric_sources) source.rule = places[source.rule];
  std::ranges::sort(config.metric_sources, {}, &MetricSource::rule);
}

}  // namespace tenfold::config
