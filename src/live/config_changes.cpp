#include "live/config_changes.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/words.hpp"

namespace tenfold::live {

namespace {

// "max replicas" of the flag max-replicas.
std::string words_of(const config::Setting& setting) {
  std::string name{setting.flag};
  std::ranges::replace(name, '-', ' ');
  return name;
}

std::string or_none(const std::string& value) { return value.empty() ? "none" : value; }

// By the table of settings, so that one which is added there is told here.
void compare_settings(std::vector<std::string>& changes, const config::AppConfig& before,
                      const config::AppConfig& after) {
  for (const config::Setting& setting : config::settings()) {
    if (setting.flag.empty() || !setting.show) continue;
    const std::string old_value = setting.show(before);
    const std::string new_value = setting.show(after);
    if (old_value == new_value) continue;
    changes.push_back(fmt::format("{} {} -> {}", words_of(setting), or_none(old_value), or_none(new_value)));
  }
}

// All that there is to know of where a rule's value comes from.
std::string source_of(const config::AppConfig& config, std::uint32_t rule) {
  const auto found = std::ranges::find(config.metric_sources, rule, &config::MetricSource::rule);
  if (found == config.metric_sources.end()) return {};
  struct Describe {
    std::string operator()(const config::JsonSource& s) const { return s.url + '\n' + s.value_location; }
    std::string operator()(const config::PrometheusSource& s) const { return s.server_address + '\n' + s.query; }
    std::string operator()(const config::CronSource& s) const {
      return fmt::format("{}\n{}\n{}\n{}", s.time_zone, s.start, s.end, s.desired_replicas);
    }
  };
  return fmt::format("{}\n{}\n{}", found->from.index(), std::visit(Describe{}, found->from), found->timeout.count());
}

void compare_rule(std::vector<std::string>& changes, const core::ScaleRule& before, const core::ScaleRule& after) {
  if (before.kind != after.kind) {
    changes.push_back(fmt::format("rule '{}' {} -> {}", after.name, to_word(before.kind), to_word(after.kind)));
  } else if (before.target != after.target) {
    changes.push_back(fmt::format("rule '{}' target {:g} -> {:g}", after.name, before.target, after.target));
  }
}

void compare_rules(std::vector<std::string>& changes, const config::AppConfig& before, const config::AppConfig& after) {
  const auto& old_rules = before.core.scale.rules;
  const auto& new_rules = after.core.scale.rules;
  for (std::uint32_t i = 0; i < new_rules.size(); ++i) {
    const core::ScaleRule& rule = new_rules[i];
    const auto old = std::ranges::find(old_rules, rule.name, &core::ScaleRule::name);
    if (old == old_rules.end()) {
      changes.push_back(fmt::format("rule '{}' added", rule.name));
      continue;
    }
    compare_rule(changes, *old, rule);
    const bool has_same_source =
        source_of(before, static_cast<std::uint32_t>(old - old_rules.begin())) == source_of(after, i);
    if (!has_same_source || old->keep != rule.keep)
      changes.push_back(fmt::format("rule '{}' source changed", rule.name));
  }
  for (const core::ScaleRule& rule : old_rules) {
    if (std::ranges::find(new_rules, rule.name, &core::ScaleRule::name) == new_rules.end()) {
      changes.push_back(fmt::format("rule '{}' removed", rule.name));
    }
  }
}

// Puts the old value back where only a new start could take the new one, and says so.
class Keeper {
 public:
  template <class T>
  void keep(std::string_view name, const T& old_value, T& new_value) {
    if (old_value != new_value) names.emplace_back(name);
    new_value = old_value;
  }

  std::vector<std::string> names;
};

std::vector<std::string> keep_what_needs_restart(const config::AppConfig& running, config::AppConfig& fresh) {
  Keeper keeper;
  keeper.keep("port", running.port, fresh.port);
  keeper.keep("address", running.address, fresh.address);
  keeper.keep("admin port", running.admin_port, fresh.admin_port);
  keeper.keep("admin address", running.admin_address, fresh.admin_address);
  keeper.keep("admin hosts", running.admin_hosts, fresh.admin_hosts);
  keeper.keep("admin token file", running.admin_token_file, fresh.admin_token_file);
  keeper.keep("journal", running.journal, fresh.journal);
  keeper.keep("journal keep", running.journal_keep, fresh.journal_keep);
  keeper.keep("max head", running.max_head, fresh.max_head);
  keeper.keep("max body", running.max_body, fresh.max_body);
  keeper.keep("max answer head", running.max_answer_head, fresh.max_answer_head);
  keeper.keep("buffer memory", running.buffer_memory, fresh.buffer_memory);
  keeper.keep("spool disk", running.spool_disk, fresh.spool_disk);
  keeper.keep("otlp endpoint", running.traces.endpoint, fresh.traces.endpoint);
  keeper.keep("access log", running.log.access, fresh.log.access);
  keeper.keep("replica limits", running.limits, fresh.limits);
  keeper.keep("isolation", running.isolation, fresh.isolation);
  return std::move(keeper.names);
}

}  // namespace

ConfigChanges take_over(config::AppConfig& running, config::AppConfig fresh) {
  ConfigChanges changes;
  changes.needs_restart = keep_what_needs_restart(running, fresh);
  compare_settings(changes.applied, running, fresh);
  const auto compare = [&changes](const char* name, const auto& before, const auto& after) {
    if (before != after) changes.applied.push_back(fmt::format("{} changed", name));
  };
  compare("command", running.command, fresh.command);
  compare("env", running.env, fresh.env);
  compare("init containers", running.init_containers, fresh.init_containers);
  compare("sidecars", running.sidecars, fresh.sidecars);
  compare("probes", running.probes, fresh.probes);
  compare_rules(changes.applied, running, fresh);
  running = std::move(fresh);
  return changes;
}

}  // namespace tenfold::live
