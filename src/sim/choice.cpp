// What a choice makes of an app, and how it is told.
#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "journal/print.hpp"
#include "sim/tune.hpp"

namespace tenfold::sim {

namespace {

core::ScaleRule* http_rule(std::vector<core::ScaleRule>& rules) {
  const auto found = std::ranges::find(rules, core::RuleKind::kHttp, &core::ScaleRule::kind);
  return found == rules.end() ? nullptr : &*found;
}

void set_target(core::ScaleSettings& scale, const Choice& choice) {
  switch (choice.policy) {
    case core::PolicyKind::kSlo:
      scale.slo.target = std::chrono::round<core::Duration>(std::chrono::duration<double>{choice.target});
      break;
    case core::PolicyKind::kKnative:
      scale.knative.container_concurrency_target_percentage = choice.target;
      scale.knative.stable_window = choice.pace;
      break;
    case core::PolicyKind::kHpa:
      scale.hpa.sync_period = choice.pace;
      [[fallthrough]];
    case core::PolicyKind::kAca:
      if (core::ScaleRule* rule = http_rule(scale.rules)) {
        rule->target = choice.target;
      } else if (choice.target != core::kDefaultConcurrentRequests || !scale.rules.empty()) {
        scale.rules.push_back({.name = "http", .kind = core::RuleKind::kHttp, .target = choice.target});
      }
      break;
  }
}

std::string pace_words(const Choice& choice) {
  const double seconds = std::chrono::duration<double>{choice.pace}.count();
  if (choice.policy == core::PolicyKind::kHpa) return fmt::format(" every {:g} s", seconds);
  if (choice.policy == core::PolicyKind::kKnative) return fmt::format(" over {:g} s", seconds);
  return "";
}

}  // namespace

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
  set_target(scale, choice);
  return made;
}

std::string to_words(const Choice& choice) {
  const std::string_view name = journal::to_word(choice.policy);
  const std::string target = choice.policy == core::PolicyKind::kSlo ? fmt::format("{:g} ms", choice.target * 1000)
                             : choice.policy == core::PolicyKind::kKnative ? fmt::format("{:g} %", choice.target)
                                                                           : fmt::format("target {:g}", choice.target);
  const std::string replicas = choice.min_replicas == choice.max_replicas
                                   ? fmt::format("{} replicas", choice.max_replicas)
                                   : fmt::format("{} to {} replicas", choice.min_replicas, choice.max_replicas);
  return fmt::format("{} {}{}, {} of {} slot{} and {:g} CPU", name, target, pace_words(choice), replicas,
                     choice.concurrency, choice.concurrency == 1 ? "" : "s", choice.cpu);
}

}  // namespace tenfold::sim
