// Scale rules from Azure's YAML, from our key and from flags.
#include "config/rules.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/gaps.hpp"
#include "unit/config/support.hpp"

namespace tenfold::config {
namespace {

using namespace std::chrono_literals;
using core::RuleKind;
using testing::HasSubstr;

constexpr std::string_view kAll = R"(
properties:
  template:
    scale:
      minReplicas: 1
      maxReplicas: 20
      rules:
      - name: web
        http:
          metadata:
            concurrentRequests: "50"
          auth:
          - secretRef: s
            triggerParameter: p
      - name: sockets
        tcp: {metadata: {concurrentConnections: 7}}
      - name: busy
        custom:
          type: cpu
          metadata: {type: Utilization, value: "70"}
      - name: full
        custom:
          type: memory
          metadata: {value: "80"}
      - name: backlog
        custom:
          type: prometheus
          metadata:
            serverAddress: http://prom:9090
            query: sum(jobs_waiting)
            threshold: "2.5"
            activationThreshold: "1"
      - name: depth
        custom:
          type: metrics-api
          metadata: {url: "http://q/stats", valueLocation: queue.depth, targetValue: "4", format: json}
      - name: office
        custom:
          type: cron
          metadata: {timezone: Europe/Berlin, start: 0 8 * * 1-5, end: 0 18 * * 1-5, desiredReplicas: "10"}
tenfold:
  rules:
  - name: pace
    rps: {target: 50}
  - name: patience
    queueWait: {target: 500ms}
  metrics: {timeout: 1s, keep: 30s}
)";

TEST(Rules, ReadsEveryTypeAsAzureAndKedaWriteIt) {
  const Read read = read_file_text(kAll);
  ASSERT_EQ(read.error, "");
  const std::vector<core::ScaleRule> want{{"web", RuleKind::kHttp, 50},
                                          {"sockets", RuleKind::kTcp, 7},
                                          {"busy", RuleKind::kCpu, 70},
                                          {"full", RuleKind::kMemory, 80},
                                          {"backlog", RuleKind::kCustom, 2.5, 30s},
                                          {"depth", RuleKind::kCustom, 4, 30s},
                                          {"office", RuleKind::kSchedule, 1, 24h * 366},
                                          {"pace", RuleKind::kRps, 50},
                                          {"patience", RuleKind::kQueueWait, 0.5}};
  EXPECT_EQ(read.config.core.scale.rules, want);
}

TEST(Rules, EachPolledRuleHasItsSource) {
  const Read read = read_file_text(kAll);
  const std::vector<MetricSource>& sources = read.config.metric_sources;
  ASSERT_EQ(sources.size(), 3);
  EXPECT_EQ(sources[0].rule, 4);
  EXPECT_EQ(std::get<PrometheusSource>(sources[0].from).server_address, "http://prom:9090");
  EXPECT_EQ(std::get<PrometheusSource>(sources[0].from).query, "sum(jobs_waiting)");
  EXPECT_EQ(sources[0].timeout, core::Duration{1s});
  EXPECT_EQ(sources[1].rule, 5);
  EXPECT_EQ(std::get<JsonSource>(sources[1].from).url, "http://q/stats");
  EXPECT_EQ(std::get<JsonSource>(sources[1].from).value_location, "queue.depth");
  EXPECT_EQ(sources[2].rule, 6);
  EXPECT_EQ(std::get<CronSource>(sources[2].from).time_zone, "Europe/Berlin");
  EXPECT_EQ(std::get<CronSource>(sources[2].from).desired_replicas, 10);
}

TEST(Rules, OursComeAfterAzuresInWhateverOrderTheFileHasThem) {
  const Read read = read_file_text(R"(
tenfold: {rules: [{name: pace, rps: {target: 900/min}}]}
properties: {template: {scale: {rules: [{name: a, custom: {type: metrics-api,
  metadata: {url: "http://q", valueLocation: v, targetValue: 1}}}]}}}
)");
  ASSERT_EQ(read.error, "");
  ASSERT_EQ(read.config.core.scale.rules.size(), 2);
  EXPECT_EQ(read.config.core.scale.rules[1], (core::ScaleRule{"pace", RuleKind::kRps, 15}));
  ASSERT_EQ(read.config.metric_sources.size(), 1);
  EXPECT_EQ(read.config.metric_sources[0].rule, 0);
}

TEST(Rules, AnHttpRuleWithoutANumberHasAzuresTen) {
  const Read read =
      read_file_text("properties: {template: {scale: {rules: [{name: a, http: {}}, {name: b, tcp: {}}]}}}");
  ASSERT_EQ(read.error, "");
  EXPECT_EQ(read.config.core.scale.rules[0].target, 10);
  EXPECT_EQ(read.config.core.scale.rules[1].target, 10);
}

// The error of one rule, which begins in line 5.
std::string azure_error(std::string_view rule) {
  return read_file_text(fmt::format("properties:\n  template:\n    scale:\n      rules:\n{}", rule)).error;
}

TEST(Rules, SaysWhichLineAndKeyIsWrong) {
  EXPECT_EQ(
      azure_error(R"(
      - name: a
        http:
          metadata:
            concurrentRequests: "0"
)"),
      "app.yaml:9: properties.template.scale.rules[].http.metadata.concurrentRequests: '0' is no number above zero");
  EXPECT_EQ(azure_error(R"(
      - name: a
        http:
          metadata:
            concurentRequests: "5"
)"),
            "app.yaml:9: properties.template.scale.rules[].http.metadata.concurentRequests: "
            "http parameter 'concurentRequests' is not known; did you mean 'concurrentRequests'?");
  EXPECT_EQ(azure_error(R"(
      - name: a
        custom:
          type: promethius
)"),
            "app.yaml:8: properties.template.scale.rules[].custom.type: rule type 'promethius' is not known; "
            "did you mean 'prometheus'?");
  EXPECT_EQ(azure_error(R"(
      - name: a
        htp: {}
)"),
            "app.yaml:7: unknown key 'htp' in properties.template.scale.rules[]; did you mean 'http'?");
  EXPECT_EQ(azure_error(R"(
      - name: a
        custom:
          type: cron
          metadata:
            timezone: Europe/Berln
            start: 0 8 * * *
            end: 0 18 * * *
            desiredReplicas: "5"
)"),
            "app.yaml:10: properties.template.scale.rules[].custom.metadata.timezone: time zone 'Europe/Berln' is not "
            "known; write one of the IANA database, Europe/Berlin");
  EXPECT_THAT(
      azure_error(R"(
      - name: a
        custom:
          type: cron
          metadata: {timezone: UTC, start: 61 8 * * *, end: 0 18 * * *, desiredReplicas: "5"}
)"),
      HasSubstr("app.yaml:9: properties.template.scale.rules[].custom.metadata.start: '61' is no minute from 0 to 59"));
}

TEST(Rules, RefusesWhatIsNoRule) {
  const auto flow = [](std::string_view rules) {
    return read_file_text(fmt::format("properties: {{template: {{scale: {{rules: {}}}}}}}", rules)).error;
  };
  const std::string where = "app.yaml:1: properties.template.scale.rules";
  EXPECT_EQ(flow("5"), where + ": a list is wanted here");
  EXPECT_EQ(flow("[5]"), where + "[]: a map of keys is wanted here");
  EXPECT_EQ(flow("[{http: {}}]"), where + "[]: a scale rule needs a name");
  EXPECT_EQ(flow("[{name: '', http: {}}]"), where + "[]: a scale rule needs a name");
  EXPECT_EQ(flow("[{name: a}]"), where + "[]: the rule 'a' has no type");
  EXPECT_EQ(flow("[{name: a, http: {}, tcp: {}}]"), where + "[]: the rule 'a' is both http and tcp; make it two rules");
  EXPECT_EQ(flow("[{name: a, http: {}}, {name: a, tcp: {}}]"), where + "[]: there are two rules of the name 'a'");
  EXPECT_EQ(flow("[{name: a, http: 5}]"), where + "[].http: a map of keys is wanted here");
  EXPECT_EQ(flow("[{name: a, custom: {}}]"),
            where + "[]: the custom rule 'a' has no type; known: cpu, memory, prometheus, metrics-api, cron");
  EXPECT_EQ(flow("[{name: a, custom: {type: rps}}]"),
            where + "[].custom.type: 'rps' is not Azure's: it stands in tenfold.rules");
  EXPECT_EQ(flow("[{name: a, rps: {target: 5}}]"),
            "app.yaml:1: unknown key 'rps' in properties.template.scale.rules[]; 'rps' is not Azure's: such a rule "
            "stands in tenfold.rules");
  EXPECT_EQ(flow("[{name: a, custom: {type: cpu}}]"), where + "[]: the cpu rule 'a' needs value in its metadata");
  EXPECT_EQ(flow("[{name: a, custom: {type: prometheus, metadata: {serverAddress: prom, query: q, threshold: 1}}}]"),
            where + "[].custom.metadata.serverAddress: 'prom' is no URL; write http://host:port/path");
  EXPECT_EQ(
      flow("[{name: a, custom: {type: metrics-api, metadata: {url: 'http://q', valueLocation: v, targetValue: nan}}}]"),
      where + "[].custom.metadata.targetValue: 'nan' is no number above zero");
}

TEST(Rules, RefusesOursWhereTheyMakeNoSense) {
  const auto flow = [](std::string_view rules) {
    return read_file_text(fmt::format("tenfold: {{rules: {}}}", rules)).error;
  };
  const std::string where = "app.yaml:1: tenfold.rules[]";
  EXPECT_EQ(flow("[{name: a, rps: {target: 0}}]"), where + ".rps.target: '0' is not above zero");
  EXPECT_EQ(flow("[{name: a, rps: {target: 5/d}}]"),
            where + ".rps.target: '5/d' is no rate; write 15, 15/s, 900/min or 3600/h");
  EXPECT_EQ(flow("[{name: a, queueWait: {target: 0s}}]"), where + ".queueWait.target: '0s' is not above zero");
  EXPECT_EQ(flow("[{name: a, queueWait: {target: 5}}]"),
            where + ".queueWait.target: '5' is no duration; write 250ms, 5s, 2m or 1h");
  EXPECT_EQ(flow("[{name: a, queuewait: {target: 5s}}]"),
            "app.yaml:1: unknown key 'queuewait' in tenfold.rules[]; did you mean 'queueWait'?");
  EXPECT_EQ(flow("[{name: a, http: {}}]"),
            "app.yaml:1: unknown key 'http' in tenfold.rules[]; 'http' is Azure's: such a rule stands in "
            "properties.template.scale.rules");
}

TEST(Rules, WhatAzureScalesByAndWeDoNotIsPassedOverAndTold) {
  const auto told = [](std::string_view rule) {
    const Read read = read_file_text(
        fmt::format("properties: {{template: {{scale: {{minReplicas: 1, rules: [{{name: a, {}}}]}}}}}}", rule));
    EXPECT_EQ(read.error, "");
    EXPECT_TRUE(read.config.core.scale.rules.empty());
    return gaps_line(read.config);
  };
  EXPECT_EQ(told("azureQueue: {queueName: q, queueLength: 5, auth: [{secretRef: s, triggerParameter: connection}]}"),
            "the scale rule 'a' (azureQueue) is not looked at");
  EXPECT_EQ(told("custom: {type: azure-servicebus, metadata: {queueName: q, messageCount: 5}}"),
            "the scale rule 'a' (azure-servicebus) is not looked at");
  EXPECT_EQ(told("custom: {type: cpu, metadata: {type: AverageValue, value: 5}}"),
            "the scale rule 'a' (cpu with type: AverageValue) is not looked at");
  EXPECT_EQ(told("custom: {type: prometheus, auth: [{secretRef: s}], metadata: {}}"),
            "the scale rule 'a' (prometheus with auth) is not looked at");
  EXPECT_EQ(told("custom: {type: prometheus, metadata: {authModes: bearer}}"),
            "the scale rule 'a' (prometheus with authModes) is not looked at");
  EXPECT_THAT(read_flags({{"scale-rule-type", "kafka"}}).error, HasSubstr("kafka is not looked at here"));
}

TEST(Rules, CustomMayNameAzuresOwnTypes) {
  const Read read = read_file_text(
      "properties: {template: {scale: {rules: [{name: a, custom: {type: http, metadata: {concurrentRequests: 7}}}]}}}");
  ASSERT_EQ(read.error, "");
  EXPECT_EQ(read.config.core.scale.rules.at(0), (core::ScaleRule{"a", RuleKind::kHttp, 7}));
}

TEST(Rules, ThereIsALimitToTheirNumber) {
  std::string rules;
  for (std::uint32_t i = 0; i <= core::kMaxRules; ++i)
    rules += fmt::format("  - {{name: r{}, rps: {{target: 1}}}}\n", i);
  EXPECT_EQ(read_file_text("tenfold:\n  rules:\n" + rules).error,
            "app.yaml:67: tenfold.rules[]: the rule 'r64' is one too many; there are 64 at most");
}

TEST(RuleFlags, StateARuleByTheNamesOfAz) {
  const Read http = read_flags({{"scale-rule-name", "web"}, {"scale-rule-http-concurrency", "50"}});
  ASSERT_EQ(http.error, "");
  EXPECT_EQ(http.config.core.scale.rules, (std::vector<core::ScaleRule>{{"web", RuleKind::kHttp, 50}}));
  const Read tcp = read_flags({{"scale-rule-tcp-concurrency", "3"}});
  EXPECT_EQ(tcp.config.core.scale.rules, (std::vector<core::ScaleRule>{{"tcp", RuleKind::kTcp, 3}}));
  const Read wait = read_flags({{"scale-rule-type", "queueWait"}, {"scale-rule-metadata", "target=250ms"}});
  EXPECT_EQ(wait.config.core.scale.rules, (std::vector<core::ScaleRule>{{"queueWait", RuleKind::kQueueWait, 0.25}}));
  const Read json = read_flags({{"scale-rule-type", "metrics-api"},
                                {"scale-rule-metadata", "url=http://q?a=b"},
                                {"scale-rule-metadata", "valueLocation=/queue/depth"},
                                {"scale-rule-metadata", "targetValue=5"}});
  ASSERT_EQ(json.error, "");
  ASSERT_EQ(json.config.metric_sources.size(), 1);
  EXPECT_EQ(std::get<JsonSource>(json.config.metric_sources[0].from).url, "http://q?a=b");
}

TEST(RuleFlags, ReplaceTheFilesRuleOfTheName) {
  const Read read =
      with_flags(read_file_text(kAll).config,
                 {{"scale-rule-name", "depth"}, {"scale-rule-type", "cpu"}, {"scale-rule-metadata", "value=60"}});
  ASSERT_EQ(read.error, "");
  ASSERT_EQ(read.config.core.scale.rules.size(), 9);
  EXPECT_EQ(read.config.core.scale.rules[5], (core::ScaleRule{"depth", RuleKind::kCpu, 60}));
  EXPECT_EQ(read.config.metric_sources.size(), 2) << "its source is gone";
}

TEST(RuleFlags, WithoutANameReplaceTheOnlyRuleOfTheType) {
  const Read read = with_flags(read_file_text(kAll).config, {{"scale-rule-http-concurrency", "5"}});
  ASSERT_EQ(read.error, "");
  EXPECT_EQ(read.config.core.scale.rules[0], (core::ScaleRule{"web", RuleKind::kHttp, 5}));
  const Read two = with_flags(
      read_file_text("properties: {template: {scale: {rules: [{name: a, http: {}}, {name: b, http: {}}]}}}").config,
      {{"scale-rule-http-concurrency", "5"}});
  EXPECT_EQ(two.error, "the file has 2 http rules; say which with --scale-rule-name");
}

TEST(RuleFlags, SayWhatIsWrong) {
  EXPECT_EQ(read_flags({{"scale-rule-http-concurrency", "0"}}).error, "'0' is no number above zero");
  EXPECT_EQ(read_flags({{"scale-rule-http-concurrency", "5"}, {"scale-rule-tcp-concurrency", "5"}}).error,
            "flags state one rule, which is http already; more rules go into a file");
  EXPECT_EQ(read_flags({{"scale-rule-type", "kron"}}).error,
            "--scale-rule-type: rule type 'kron' is not known; did you mean 'cron'?");
  EXPECT_EQ(read_flags({{"scale-rule-metadata", "target"}}).error, "'target' is not KEY=VALUE");
  EXPECT_EQ(read_flags({{"scale-rule-type", "rps"}, {"scale-rule-metadata", "target=-5"}}).error,
            "--scale-rule-metadata target: '-5' is no rate; write 15, 15/s, 900/min or 3600/h");
  EXPECT_EQ(read_flags({{"scale-rule-type", "rps"}}).error, "the rps rule 'rps' needs target in its metadata");
  EXPECT_EQ(read_flags(
                {{"scale-rule-type", "cpu"}, {"scale-rule-metadata", "type=Value"}, {"scale-rule-metadata", "value=5"}})
                .error,
            "--scale-rule-metadata type: 'Value' is not supported; Utilization is the only one");
}

}  // namespace
}  // namespace tenfold::config
