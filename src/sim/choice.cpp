// What a choice makes of an app, and how it is told.
#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "core/time.hpp"
#include "journal/print.hpp"
#include "sim/tune.hpp"

namespace tenfold::sim {

namespace {

// What aca and hpa follow: an app without a rule has Azure's own, of requests.
core::RuleKind metric_of(const std::vector<core::ScaleRule>& rules) {
  const auto has = [&rules](core::RuleKind kind) {
    return std::ranges::find(rules, kind, &core::ScaleRule::kind) != rules.end();
  };
  return has(core::RuleKind::kCpu) && !has(core::RuleKind::kHttp) ? core::RuleKind::kCpu : core::RuleKind::kHttp;
}

double target_of(const core::ScaleSettings& scale, core::PolicyKind policy) {
  if (policy == core::PolicyKind::kSlo) return core::to_seconds(scale.slo.target);
  if (policy == core::PolicyKind::kKnative) return scale.knative.container_concurrency_target_percentage;
  if (policy == core::PolicyKind::kPerRequest) return core::to_seconds(scale.per_request.keep_alive);
  const auto found = std::ranges::find(scale.rules, metric_of(scale.rules), &core::ScaleRule::kind);
  return found == scale.rules.end() ? core::kDefaultConcurrentRequests : found->target;
}

core::Duration pace_of(const core::ScaleSettings& scale, core::PolicyKind policy) {
  if (policy == core::PolicyKind::kHpa) return scale.hpa.sync_period;
  if (policy == core::PolicyKind::kKnative) return scale.knative.stable_window;
  return {};
}

void remove_rule(config::AppConfig& app, core::RuleKind kind) {
  auto& rules = app.core.scale.rules;
  const auto found = std::ranges::find(rules, kind, &core::ScaleRule::kind);
  if (found == rules.end()) return;
  const auto place = static_cast<std::uint32_t>(found - rules.begin());
  rules.erase(found);
  for (config::MetricSource& source : app.metric_sources) {
    if (source.rule > place) --source.rule;
  }
}

// The rule of the metric gets the target; that of the metric it takes the place of goes. All others stay.
void follow(config::AppConfig& app, const Choice& choice, const Choice& today) {
  if (choice.metric == today.metric && choice.target == today.target) return;
  if (choice.metric != today.metric) remove_rule(app, today.metric);
  auto& rules = app.core.scale.rules;
  const auto found = std::ranges::find(rules, choice.metric, &core::ScaleRule::kind);
  if (found != rules.end()) {
    found->target = choice.target;
  } else {
    const char* name = choice.metric == core::RuleKind::kCpu ? "cpu" : "http";
    rules.push_back({.name = name, .kind = choice.metric, .target = choice.target});
  }
}

void set_target(config::AppConfig& app, const Choice& choice) {
  core::ScaleSettings& scale = app.core.scale;
  switch (choice.policy) {
    case core::PolicyKind::kSlo:
      scale.slo.target = std::chrono::round<core::Duration>(std::chrono::duration<double>{choice.target});
      break;
    case core::PolicyKind::kPerRequest:
      scale.per_request.keep_alive = std::chrono::round<core::Duration>(std::chrono::duration<double>{choice.target});
      break;
    case core::PolicyKind::kKnative:
      scale.knative.container_concurrency_target_percentage = choice.target;
      scale.knative.stable_window = choice.pace;
      break;
    case core::PolicyKind::kHpa:
      scale.hpa.sync_period = choice.pace;
      [[fallthrough]];
    case core::PolicyKind::kAca:
      follow(app, choice, choice_under(app, choice.policy));
      break;
  }
}

std::string target_words(const Choice& choice) {
  if (choice.policy == core::PolicyKind::kSlo) return fmt::format("{:g} ms", choice.target * 1000);
  if (choice.policy == core::PolicyKind::kKnative) return fmt::format("{:g} %", choice.target);
  if (choice.policy == core::PolicyKind::kPerRequest) return fmt::format("kept {:g} s", choice.target);
  return choice.metric == core::RuleKind::kCpu ? fmt::format("cpu {:g} %", choice.target)
                                               : fmt::format("target {:g}", choice.target);
}

std::string pace_words(const Choice& choice) {
  const double seconds = std::chrono::duration<double>{choice.pace}.count();
  if (choice.policy == core::PolicyKind::kHpa) return fmt::format(" every {:g} s", seconds);
  if (choice.policy == core::PolicyKind::kKnative) return fmt::format(" over {:g} s", seconds);
  return "";
}

}  // namespace

Choice choice_under(const config::AppConfig& app, core::PolicyKind policy) {
  const core::ScaleSettings& scale = app.core.scale;
  const bool follows_rules = policy == core::PolicyKind::kAca || policy == core::PolicyKind::kHpa;
  return {.policy = policy,
          .metric = follows_rules ? metric_of(scale.rules) : core::RuleKind::kHttp,
          .min_replicas = scale.min_replicas,
          .max_replicas = scale.max_replicas,
          .concurrency = app.core.replica.concurrency,
          .cpu = app.core.replica.cpu,
          .target = target_of(scale, policy),
          .pace = pace_of(scale, policy)};
}

Choice choice_of(const config::AppConfig& app) { return choice_under(app, app.core.scale.policy); }

config::AppConfig with(const config::AppConfig& app, const Choice& choice) {
  config::AppConfig made = app;
  core::ScaleSettings& scale = made.core.scale;
  scale.policy = choice.policy;
  scale.min_replicas = choice.min_replicas;
  scale.max_replicas = choice.max_replicas;
  made.has_min_replicas = true;
  made.core.replica.concurrency = choice.concurrency;
  made.core.replica.cpu = choice.cpu;
  if (choice.cpu != app.core.replica.cpu)
    made.core.replica.memory = core::mebibytes(static_cast<std::uint64_t>(std::llround(choice.cpu * 2048)));
  set_target(made, choice);
  return made;
}

std::string to_words(const Choice& choice) {
  const std::string replica =
      fmt::format("of {} slot{} and {:g} CPU", choice.concurrency, choice.concurrency == 1 ? "" : "s", choice.cpu);
  if (choice.min_replicas == choice.max_replicas)
    return fmt::format("{} replica{} {}", choice.max_replicas, choice.max_replicas == 1 ? "" : "s", replica);
  return fmt::format("{} {}{}, {} to {} replicas {}", journal::to_word(choice.policy), target_words(choice),
                     pace_words(choice), choice.min_replicas, choice.max_replicas, replica);
}

}  // namespace tenfold::sim
