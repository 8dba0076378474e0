// Scale rules: from the text of a file or of flags to what the core and the pollers take, and back.
//
// The names are those of Azure's YAML and of KEDA's scalers, which Azure passes `custom` rules to; `rps` and
// `queueWait` are ours. Values are strings, as Azure writes them.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/app_config.hpp"
#include "core/settings.hpp"

namespace tenfold::config {

using Source = std::variant<JsonSource, PrometheusSource, CronSource>;

struct Rule {
  core::ScaleRule rule;
  // Of custom and schedule.
  std::optional<Source> source;
};

// What is wrong with a rule: `key` is that of the metadata, empty where it is the rule as a whole.
struct RuleFault {
  std::string key;
  std::string what;
  // Azure takes the rule, and `what` is what we have not: "prometheus with authModes".
  bool is_azures = false;
};

// Where a file holds a rule of a type.
enum class RulePlace : std::uint8_t {
  kBuiltIn,  // under its own key in properties.template.scale.rules: http, tcp
  kCustom,   // there as `custom`, with its type
  kOurs,     // in tenfold.rules, under its own key
};
// Nothing for a type that nobody knows.
std::optional<RulePlace> place_of(std::string_view type);
// The types of that place.
std::vector<std::string_view> rule_types(RulePlace place);

// Checks the text and gives it its meaning.
std::expected<Rule, RuleFault> make_rule(const RuleText& text);

// What `make_rule` made the rule from. `source` is that of a custom or schedule rule.
RuleText rule_text(const core::ScaleRule& rule, const Source* source);

// The source that feeds the rule at that place; null if none does.
const Source* source_of(const AppConfig& config, std::uint32_t rule);

// Adds the rule, or replaces the one of its name. An error when there are kMaxRules already.
std::expected<void, std::string> put_rule(AppConfig& config, Rule rule);

// Orders the rules as a file holds them: Azure's before ours, otherwise as they were.
void order_rules(AppConfig& config);

}  // namespace tenfold::config
