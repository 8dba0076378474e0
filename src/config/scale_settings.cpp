// The part of the table of settings that all scale policies share, and the flags that state a rule.
#include <array>

#include <fmt/format.h>

#include "config/fields.hpp"
#include "config/tables.hpp"
#include "core/words.hpp"

namespace tenfold::config {

namespace {

constexpr std::string_view kGroup = "Scaling";

struct Policies {
  static constexpr std::string_view kWhat = "policy";
  static constexpr auto kAll = core::words_of<core::PolicyKind, core::kPolicyKinds>();
};

RuleText& flag_rule(AppConfig& config) {
  if (!config.flag_rule) config.flag_rule.emplace();
  return *config.flag_rule;
}

Applied apply_rule_type(AppConfig& config, std::string_view text) {
  RuleText& rule = flag_rule(config);
  if (!rule.type.empty() && rule.type != text) {
    return std::unexpected(
        fmt::format("flags state one rule, which is {} already; more rules go into a file", rule.type));
  }
  rule.type = text;
  return {};
}

Applied apply_concurrent(AppConfig& config, std::string_view type, std::string_view key, std::string_view text) {
  if (const auto number = parse_positive(text); !number) return std::unexpected(number.error());
  auto typed = apply_rule_type(config, type);
  if (typed) flag_rule(config).metadata.emplace_back(key, text);
  return typed;
}

Applied apply_metadata(AppConfig& config, std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos)
    return std::unexpected(fmt::format("'{}' is not KEY=VALUE", text));
  flag_rule(config).metadata.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  return {};
}

constexpr Setting rule_flag(std::string_view flag, std::string_view value_name, std::string_view help,
                            Applied (*apply)(AppConfig&, std::string_view), bool is_repeatable = false) {
  return {.flag = flag,
          .value_name = value_name,
          .help = help,
          .apply = apply,
          .group = kGroup,
          .is_repeatable = is_repeatable};
}

template <class Format, class Field>
constexpr Setting scale_field(std::string_view flag, std::string_view key, std::string_view value_name,
                              std::string_view help, Field at) {
  Setting setting = field<Format>(flag, key, value_name, help, at);
  setting.group = kGroup;
  return setting;
}

const auto kScale = std::to_array<Setting>({
    scale_field<Word<Policies>>("policy", "tenfold.policy", "NAME",
                                "how the count of replicas follows the load: aca, hpa, knative, slo or per-request",
                                TENFOLD_FIELD(core.scale.policy)),
    rule_flag("scale-rule-name", "NAME", "the rule that the flags state; it replaces the file's of that name",
              [](AppConfig& config, std::string_view text) -> Applied {
                flag_rule(config).name = text;
                return {};
              }),
    rule_flag("scale-rule-type", "TYPE",
              "http, tcp, cpu, memory, rps, queueWait, prometheus, metrics-api or cron [http]", apply_rule_type),
    rule_flag("scale-rule-http-concurrency", "N", "requests for each replica that an http rule aims at [10]",
              [](AppConfig& config, std::string_view text) {
                return apply_concurrent(config, "http", "concurrentRequests", text);
              }),
    rule_flag("scale-rule-tcp-concurrency", "N", "connections for each replica that a tcp rule aims at [10]",
              [](AppConfig& config, std::string_view text) {
                return apply_concurrent(config, "tcp", "concurrentConnections", text);
              }),
    rule_flag("scale-rule-metadata", "KEY=VALUE", "what the rule's type needs; may be given more than once",
              apply_metadata, true),
    scale_field<Seconds<1, 86'400>>("polling-interval", "properties.template.scale.pollingInterval", "SECONDS",
                                    "how often rules other than http and tcp are looked at",
                                    TENFOLD_FIELD(core.scale.aca.polling_interval)),
    scale_field<Seconds<0, 86'400>>(
        "cooldown-period", "properties.template.scale.cooldownPeriod", "SECONDS",
        "of aca and hpa: how long after the last activity all replicas go, if there may be none",
        TENFOLD_FIELD(core.scale.aca.cooldown_period)),
    scale_field<Time<1, 3'600'000>>("metrics-timeout", "tenfold.metrics.timeout", "TIME",
                                    "how long the answer of a polled metric may take", TENFOLD_FIELD(metric_timeout)),
    scale_field<Time<1>>("metrics-keep", "tenfold.metrics.keep", "TIME",
                         "how long the last value of a polled metric counts while no newer one comes",
                         TENFOLD_FIELD(metric_keep)),
});

}  // namespace

std::span<const Setting> scale_settings() { return kScale; }

}  // namespace tenfold::config
