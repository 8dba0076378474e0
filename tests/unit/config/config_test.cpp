// What people write, and what they are told when it is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/app_config.hpp"
#include "config/units.hpp"
#include "unit/config/support.hpp"

namespace tenfold::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(Units, ReadsDurations) {
  EXPECT_EQ(parse_duration("250ms"), core::Duration{250ms});
  EXPECT_EQ(parse_duration("5s"), core::Duration{5s});
  EXPECT_EQ(parse_duration("1.5s"), core::Duration{1500ms});
  EXPECT_EQ(parse_duration("2m"), core::Duration{2min});
  EXPECT_EQ(parse_duration("1h"), core::Duration{1h});
  EXPECT_EQ(parse_duration("10ns"), core::Duration{10ns});
  EXPECT_EQ(parse_duration("5m0s"), core::Duration{5min}) << "as Go writes it";
  EXPECT_EQ(parse_duration("1h30m"), core::Duration{90min});
  for (const char* wrong : {"", "5", "s", "-1s", "5 sekunden", "1e99s", "nan s", "5s5"}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
  EXPECT_EQ(parse_duration("5 sekunden").error(), "'5 sekunden' is no duration; write 250ms, 5s, 2m or 1h");
}

TEST(Units, ReadsSizes) {
  EXPECT_EQ(parse_size("64MiB"), core::mebibytes(64));
  EXPECT_EQ(parse_size("1Gi"), core::gibibytes(1));
  EXPECT_EQ(parse_size("0.5Gi"), core::mebibytes(512));
  EXPECT_EQ(parse_size("1GB"), core::Bytes{1'000'000'000});
  EXPECT_EQ(parse_size("100"), core::Bytes{100});
  for (const char* wrong : {"", "Gi", "-1Gi", "1Zi", "1 G i"}) EXPECT_FALSE(parse_size(wrong)) << wrong;
}

TEST(Units, ReadsRates) {
  EXPECT_EQ(parse_rate("15"), 15);
  EXPECT_EQ(parse_rate("15/s"), 15);
  EXPECT_EQ(parse_rate("900/min"), 15);
  EXPECT_EQ(parse_rate("3600/h"), 1);
  EXPECT_EQ(parse_rate("0"), 0);
  for (const char* wrong : {"", "/s", "-1", "15/d", "nan", "15 per second"}) EXPECT_FALSE(parse_rate(wrong)) << wrong;
  EXPECT_EQ(parse_rate("15/d").error(), "'15/d' is no rate; write 15, 15/s, 900/min or 3600/h");
}

TEST(Units, ReadsNumbersInBounds) {
  EXPECT_EQ(parse_number("0.5", 0, 1), 0.5);
  for (const char* wrong : {"", "nan", "inf", "2", "-1", "0x1", "0.5s"})
    EXPECT_FALSE(parse_number(wrong, 0, 1)) << wrong;
  EXPECT_EQ(parse_number("2", 0, 1).error(), "'2' is no number from 0 to 1");
}

TEST(Units, WritesWhatItReads) {
  for (const core::Duration duration : {core::Duration{0}, core::Duration{7ns}, core::Duration{1500us},
                                        core::Duration{1500ms}, core::Duration{5min}, core::Duration{100h}}) {
    EXPECT_EQ(parse_duration(format_duration(duration)), duration);
  }
  EXPECT_EQ(format_duration(300s), "300s");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  for (const core::Bytes size : {core::Bytes{0}, core::Bytes{1}, core::kibibytes(32), core::mebibytes(100),
                                 core::mebibytes(256), core::gibibytes(4), core::Bytes{1'000'000'001}}) {
    EXPECT_EQ(parse_size(format_size(size)), size);
  }
  EXPECT_EQ(format_size(core::mebibytes(512)), "0.5Gi") << "as Azure writes it";
  EXPECT_EQ(format_size(core::mebibytes(100)), "100Mi");
}

TEST(Units, SuggestsTheNearestWordOrNone) {
  EXPECT_EQ(nearest("minReplica", {"minReplicas", "maxReplicas"}), "minReplicas");
  EXPECT_EQ(nearest("teh", {"the", "a"}), "the");
  EXPECT_EQ(nearest("zebra", {"minReplicas", "maxReplicas"}), "");
}

constexpr std::string_view kAzure = R"(location: westeurope
name: solver
type: Microsoft.App/containerApps
properties:
  managedEnvironmentId: /subscriptions/x
  configuration:
    activeRevisionsMode: Single
    ingress:
      external: true
      targetPort: 8000
      traffic:
      - weight: 100
        latestRevision: true
  template:
    revisionSuffix: v1
    containers:
    - name: main
      image: registry/solver:1
      command: ["./solver"]
      args: ["--fast"]
      env:
      - name: LEVEL
        value: "3"
      resources:
        cpu: 2
        memory: 4Gi
    scale:
      minReplicas: 1
      maxReplicas: 20
      rules:
      - name: http
        http:
          metadata:
            concurrentRequests: "5"
tenfold:
  concurrency: auto
  queue:
    maxWaiting: 50
  timeout: 30s
)";

TEST(Yaml, ReadsWhatAzureReadsAndOurKey) {
  AppConfig config;
  const auto applied = apply_yaml(config, kAzure, "app.yaml");
  ASSERT_TRUE(applied) << applied.error();
  ASSERT_TRUE(finish(config));
  EXPECT_THAT(config.command, ElementsAre("./solver", "--fast"));
  EXPECT_THAT(config.env, ElementsAre(Pair("LEVEL", "3")));
  EXPECT_EQ(config.core.scale.min_replicas, 1);
  EXPECT_EQ(config.core.scale.max_replicas, 20);
  ASSERT_EQ(config.core.scale.rules.size(), 1);
  EXPECT_EQ(config.core.scale.rules[0].target, 5);
  EXPECT_EQ(config.core.queue.max_waiting, 50);
  EXPECT_EQ(config.core.replica.concurrency, 2) << "auto: one for each of the 2 CPUs";
  EXPECT_EQ(config.request_timeout, core::Duration{30s});
  EXPECT_EQ(config.core.replica.memory, core::gibibytes(4));
}

std::string error_of(std::string_view yaml) {
  AppConfig config;
  const auto applied = apply_yaml(config, yaml, "app.yaml");
  return applied ? "" : applied.error();
}

TEST(Yaml, SaysWhereAndWhatIsWrongAndWhatIsProbablyMeant) {
  EXPECT_EQ(error_of("tenfold:\n  concurency: 2\n"),
            "app.yaml:2: unknown key 'concurency' in tenfold; did you mean 'concurrency'?");
  EXPECT_EQ(error_of("properties:\n  template:\n    scale:\n      minReplica: 2\n"),
            "app.yaml:4: unknown key 'minReplica' in properties.template.scale; did you mean 'minReplicas'?");
  EXPECT_EQ(error_of("tenfold:\n  timeout: soon\n"),
            "app.yaml:2: tenfold.timeout: 'soon' is no duration; write 250ms, 5s, 2m or 1h");
  EXPECT_EQ(error_of("tenfold:\n  policy: magic\n"),
            "app.yaml:2: tenfold.policy: policy 'magic' is not known; known: aca, hpa, knative, slo, per-request");
  EXPECT_EQ(error_of("tenfold:\n  policy: slow\n"),
            "app.yaml:2: tenfold.policy: policy 'slow' is not known; did you mean 'slo'?");
  EXPECT_THAT(error_of("a: [1\nb: 2"), HasSubstr("this is no YAML"));
  EXPECT_THAT(error_of("a: [1\nb: 2"), HasSubstr("app.yaml:"));
  EXPECT_THAT(error_of("properties:\n  template:\n    scale: 3\n"),
              HasSubstr("app.yaml:3: properties.template.scale: "));
  EXPECT_THAT(error_of("properties:\n  template:\n    scale:\n      maxReplicas: 0\n"),
              HasSubstr("'0' is no whole number from 1"));
  EXPECT_EQ(error_of("just words"), "app.yaml:1: the file is not a map of keys");
  EXPECT_EQ(error_of("tenfold:\n  policy: {name: slo}\n"), "app.yaml:2: tenfold.policy: one value is wanted here");
  EXPECT_EQ(error_of("tenfold:\n  port: [1, 2]\n"), "app.yaml:2: tenfold.port: one value is wanted here");
  EXPECT_EQ(error_of("tenfold:\n- port: 1\n"), "app.yaml:2: tenfold: a map of keys is wanted here, not a list");
  EXPECT_EQ(error_of("tenfold:\n  port: 1\n  port: 2\n"), "app.yaml:3: the key 'port' stands here twice");
  EXPECT_EQ(error_of("a: 1\n---\nb: 2\n"), "app.yaml: the file holds 2 documents; one is wanted");
}

TEST(Yaml, AFileThatGrowsByItsAliasesIsRefused) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += (k > 0 ? ", *a" : "*a") + std::to_string(i - 1);
    bomb += "]\n";
  }
  EXPECT_THAT(error_of(bomb), HasSubstr("the file is nested or grows too much"));
  EXPECT_THAT(error_of("a: &a [*a]\n"), HasSubstr("app.yaml:"));
}

TEST(Yaml, AFileThatIsNotThereSaysSo) {
  AppConfig config;
  EXPECT_THAT(apply_file(config, "/nowhere/app.yaml").error(), HasSubstr("/nowhere/app.yaml cannot be read"));
}

TEST(Config, AnImageAloneIsNothingToRun) {
  AppConfig config;
  ASSERT_TRUE(
      apply_yaml(config, "properties:\n  template:\n    containers:\n    - image: registry/solver:1\n", "app.yaml"));
  EXPECT_TRUE(finish(config)) << "it can be simulated";
  EXPECT_THAT(check_runnable(config).error(), HasSubstr("app.yaml:4: the image registry/solver:1 is not run here"));
  config.command = {"./solver"};
  EXPECT_TRUE(check_runnable(config));
}

TEST(Config, ChecksWhatNoSingleSettingCan) {
  EXPECT_EQ(read_flags({{"min-replicas", "11"}}).error, "min replicas (11) is above max replicas (10)");
}

TEST(Config, AutomaticConcurrencyBeginsWithTheWholeCpus) {
  for (const auto& [cpu, slots] : {std::pair{0.5, 1U}, {1.0, 1U}, {2.9, 2U}}) {
    AppConfig config;
    config.core.replica.is_concurrency_auto = true;
    config.core.replica.cpu = cpu;
    ASSERT_TRUE(finish(config));
    EXPECT_EQ(config.core.replica.concurrency, slots) << cpu;
  }
}

}  // namespace
}  // namespace tenfold::config
