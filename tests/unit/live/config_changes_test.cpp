#include "live/config_changes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenfold::live {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

config::AppConfig with_rule(double target) {
  config::AppConfig config;
  config.core.scale.rules = {{.name = "jobs", .kind = core::RuleKind::kCustom, .target = target}};
  config.metric_sources = {{.rule = 0, .from = config::JsonSource{.url = "http://x/", .value_location = "v"}}};
  return config;
}

TEST(ConfigChanges, NamesWhatAppliesWithItsOldAndNewValue) {
  config::AppConfig running;
  running.core.scale.policy = core::PolicyKind::kAca;
  config::AppConfig fresh;
  fresh.core.scale.max_replicas = 4;
  fresh.core.scale.policy = core::PolicyKind::kSlo;
  fresh.core.scale.slo.target = 250ms;
  fresh.core.queue.order = core::QueueOrder::kShortest;
  fresh.core.replica.concurrency = 8;
  fresh.class_by = "X-Size";
  fresh.request_timeout = 30s;
  fresh.core.scale.knative.stable_window = 30s;
  const ConfigChanges changes = take_over(running, fresh);
  EXPECT_THAT(changes.applied,
              UnorderedElementsAre("max replicas 10 -> 4", "policy aca -> slo", "slo target 500ms -> 250ms",
                                   "concurrency 1 -> 8", "queue order fifo -> shortest", "class by none -> X-Size",
                                   "timeout 240s -> 30s", "knative stable window 60s -> 30s"));
  EXPECT_THAT(changes.needs_restart, IsEmpty());
  EXPECT_EQ(running.core, fresh.core);
  EXPECT_EQ(running.class_by, "X-Size");
}

TEST(ConfigChanges, WhatReplicasAreIsTakenOver) {
  config::AppConfig running;
  running.command = {"one"};
  config::AppConfig fresh;
  fresh.command = {"two"};
  fresh.env = {{"A", "b"}};
  fresh.sidecars = {{.name = "s"}};
  const ConfigChanges changes = take_over(running, fresh);
  EXPECT_THAT(changes.applied, ElementsAre("command changed", "env changed", "sidecars changed"));
  EXPECT_THAT(running.command, ElementsAre("two"));
}

TEST(ConfigChanges, WhatNeedsARestartIsSaidAndStays) {
  config::AppConfig running;
  config::AppConfig fresh;
  fresh.port = 9999;
  fresh.max_body = core::mebibytes(1);
  fresh.log.access = "access.log";
  fresh.traces.endpoint = "http://127.0.0.1:4318";
  const ConfigChanges changes = take_over(running, fresh);
  EXPECT_THAT(changes.needs_restart, ElementsAre("port", "max body", "otlp endpoint", "access log"));
  EXPECT_THAT(changes.applied, IsEmpty());
  EXPECT_EQ(running.port, 8080);
  EXPECT_EQ(running.max_body, core::mebibytes(64));
  EXPECT_EQ(running.log.access, "");
  EXPECT_EQ(running.traces.endpoint, "");
}

TEST(ConfigChanges, RulesAreKnownByTheirNames) {
  config::AppConfig running = with_rule(5);
  config::AppConfig fresh = with_rule(10);
  fresh.core.scale.rules.insert(fresh.core.scale.rules.begin(), {.name = "load", .kind = core::RuleKind::kCpu});
  fresh.metric_sources[0].rule = 1;
  EXPECT_THAT(take_over(running, fresh).applied, ElementsAre("rule 'load' added", "rule 'jobs' target 5 -> 10"));
  EXPECT_THAT(take_over(running, with_rule(10)).applied, ElementsAre("rule 'load' removed"));
}

TEST(ConfigChanges, ARulesSourceMayChange) {
  config::AppConfig running = with_rule(5);
  config::AppConfig fresh = with_rule(5);
  std::get<config::JsonSource>(fresh.metric_sources[0].from).value_location = "w";
  EXPECT_THAT(take_over(running, fresh).applied, ElementsAre("rule 'jobs' source changed"));
  EXPECT_THAT(take_over(running, fresh).applied, IsEmpty());
}

}  // namespace
}  // namespace tenfold::live
