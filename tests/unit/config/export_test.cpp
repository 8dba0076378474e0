// From configuration to YAML and back.
#include "config/export.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/document.hpp"
#include "config/export_aca.hpp"
#include "config/rules.hpp"
#include "unit/config/support.hpp"

namespace tenfold::config {
namespace {

using namespace std::chrono_literals;
using core::RuleKind;
using testing::HasSubstr;
using testing::Not;

TEST(Document, IsReadAgainAsWhatItWas) {
  constexpr std::string_view kTexts =
      "a: 'it''s'\nb: \"\\ttab\"\nc: |\n  two\n  lines\nd: \"\"\ne: ~\nf: []\ng: {}\nh: -1.5\ni: '# no comment'\nj: "
      "\"ünï\"\n";
  const auto before = parse_document(kTexts, "a");
  const std::string once = print_document(*before);
  const auto after = parse_document(once, "b");
  EXPECT_EQ(print_document(*after), once);
  for (const Entry& entry : before->entries) {
    EXPECT_EQ(after->find(entry.key)->scalar, entry.value.scalar) << entry.key;
    EXPECT_EQ(after->find(entry.key)->is_quoted, entry.value.is_quoted) << entry.key;
  }
}

// Finished, written, read and finished again.
Read round_trip(AppConfig& config) {
  const auto finished = finish(config);
  EXPECT_TRUE(finished) << finished.error();
  return read_file_text(to_yaml(config));
}

TEST(ToYaml, OfTheDefaultsIsTheMinimumWhichIsAnotherOnAzure) {
  EXPECT_EQ(to_yaml(AppConfig{}), "properties:\n  template:\n    scale:\n      minReplicas: 2\n");
}

TEST(ToYaml, HoldsWhatDiffersWhereAFileHasIt) {
  AppConfig config;
  config.core.scale.max_replicas = 4;
  config.core.scale.policy = core::PolicyKind::kAca;
  config.core.scale.slo.target = 250ms;
  config.core.replica.cpu = 1;
  config.core.replica.memory = core::gibibytes(2);
  config.core.replica.concurrency = 3;
  config.core.scale.rules = {{"web", RuleKind::kHttp, 5}, {"pace", RuleKind::kRps, 7.5}};
  ASSERT_TRUE(finish(config));
  EXPECT_EQ(to_yaml(config), R"(properties:
  template:
    scale:
      minReplicas: 2
      maxReplicas: 4
      rules:
        - name: "web"
          http:
            metadata:
              concurrentRequests: "5"
    containers:
      - resources:
          cpu: 1
          memory: 2Gi
tenfold:
  concurrency: 3
  policy: aca
  slo:
    target: 250ms
  rules:
    - name: "pace"
      rps:
        target: 7.5
)");
}

TEST(ToYaml, GivesTheSameSettingsForEveryParameter) {
  AppConfig config;
  config.command = {"./solver", "--name", "a: b # c", "50"};
  config.env = {{"LEVEL", "3"}, {"EMPTY", ""}};
  config.port = 0;
  config.is_retry_safe = true;
  config.class_by = "X-Model";
  config.prices = Prices{.currency = "EUR", .gib_second = 1e-7};
  config.request_timeout = 1500ms;
  config.metric_keep = 30s;
  config.metric_timeout = 500ms;
  config.core.queue = {.max_waiting = 7, .order = core::QueueOrder::kShortest, .aging = 1. / 3};
  config.core.replica.concurrency = 4;
  config.core.replica.cpu = 1.25;
  config.core.replica.memory = core::mebibytes(1234);
  config.core.replica.start_timeout = 7s;
  config.core.replica.grace = 0s;
  config.core.machine.cores = 2.5;
  core::ScaleSettings& scale = config.core.scale;
  scale = {.min_replicas = 0, .max_replicas = 33, .policy = core::PolicyKind::kHpa};
  scale.aca = {core::AcaMetric::kInFlight, 5s, 15s, 60s, 61s};
  scale.hpa = {10s,
               0.2,
               60s,
               10s,
               true,
               {5s,
                core::SelectPolicy::kMin,
                {{core::HpaPolicyType::kPercent, 50, 30s}, {core::HpaPolicyType::kPods, 2, 60s}},
                0.3},
               {60s, core::SelectPolicy::kDisabled, {}, {}}};
  scale.knative = {80, 50.5, 100, -1, 90s, 20, 150, 10, 3, 10s, 20s, 15s, 3, 2, 1s};
  scale.slo = {123us * 1000};
  Read read = round_trip(config);
  ASSERT_EQ(read.error, "");
  EXPECT_EQ(read.config.core, config.core);
  EXPECT_EQ(read.config.command, config.command);
  EXPECT_EQ(read.config.env, config.env);
  EXPECT_EQ(read.config.prices, config.prices);
  EXPECT_EQ(to_yaml(read.config), to_yaml(config)) << "and all that is no setting of the core";
}

TEST(ToYaml, GivesTheSameRulesAndSources) {
  AppConfig config;
  const auto put = [&](const RuleText& text) {
    auto rule = make_rule(text);
    ASSERT_TRUE(rule) << rule.error().what;
    ASSERT_TRUE(put_rule(config, *rule));
  };
  put({"wait", "queueWait", {{"target", "250ms"}}});
  put({"cpu: yes", "cpu", {{"value", "70"}}});
  put({"pace", "rps", {{"target", "1000/min"}}});
  put({"office",
       "cron",
       {{"timezone", "UTC"}, {"start", "0 8 * * *"}, {"end", "0 18 * * *"}, {"desiredReplicas", "4"}}});
  put({"json", "metrics-api", {{"url", "http://q/a?b=c#d"}, {"valueLocation", "a[0].b"}, {"targetValue", "0.1"}}});
  put({"prom", "prometheus", {{"serverAddress", "https://p"}, {"query", "sum(x{y=\"z\"})"}, {"threshold", "3"}}});
  put({"web", "http", {}});
  put({"sockets", "tcp", {{"concurrentConnections", "2.5"}}});
  put({"full", "memory", {{"value", "80"}}});
  Read read = round_trip(config);
  ASSERT_EQ(read.error, "");
  EXPECT_EQ(read.config.core, config.core);
  ASSERT_EQ(read.config.metric_sources.size(), 3);
  EXPECT_EQ(std::get<PrometheusSource>(*source_of(read.config, 3)).query, "sum(x{y=\"z\"})");
  EXPECT_EQ(to_yaml(read.config), to_yaml(config));
}

TEST(ToYaml, KeepsAnAutomaticConcurrency) {
  AppConfig config;
  config.core.replica.is_concurrency_auto = true;
  config.core.replica.cpu = 2;
  Read read = round_trip(config);
  EXPECT_EQ(read.config.core, config.core);
  EXPECT_THAT(to_yaml(config), HasSubstr("concurrency: auto"));
}

// A file of Azure's, with what has no setting here.
constexpr std::string_view kFile = R"(location: westeurope
properties:
  configuration:
    secrets:
      - name: key
        value: "12"
      - name: vault
        keyVaultUrl: "https://vault.example/secrets/key"
  template:
    initContainers:
      - name: fetch
        image: registry.example/fetch:1
        command:
          - ./fetch
    containers:
      - name: solver
        image: registry.example/solver:3
        command:
          - ./solver
        args:
          - "--fast"
        env:
          - name: KEY
            secretRef: key
          - name: LEVEL
            value: "3"
        resources:
          cpu: 1
          memory: 2Gi
        volumeMounts:
          - volumeName: models
            mountPath: /models
      - name: cache
        image: registry.example/cache:2
        resources:
          cpu: 0.25
          memory: 0.5Gi
    scale:
      minReplicas: 2
      maxReplicas: 4
      rules:
        - name: web
          http:
            metadata:
              concurrentRequests: "5"
        - name: jobs
          azureQueue:
            queueName: jobs
    terminationGracePeriodSeconds: 20
tenfold:
  queue:
    maxWaiting: 7
)";

// `text` with each pair's first replaced by its second.
std::string with(std::string text, std::initializer_list<std::pair<std::string_view, std::string_view>> changes) {
  for (const auto& [before, after] : changes) {
    EXPECT_THAT(text, HasSubstr(std::string{before}));
    text.replace(text.find(before), before.size(), after);
  }
  return text;
}

TEST(ToYaml, OfAFileIsTheFile) {
  const Read read = read_file_text(kFile);
  ASSERT_EQ(read.error, "");
  EXPECT_EQ(to_yaml(read.config), kFile);
}

TEST(ToYaml, OfAFileChangesWhatFlagsChangedAndKeepsSecretsAndFurtherContainers) {
  const Read read = with_flags(read_file_text(kFile).config, {{"max-replicas", "10"},
                                                              {"cpu", "0.5"},
                                                              {"grace", "5s"},
                                                              {"concurrency", "2"},
                                                              {"scale-rule-http-concurrency", "8"}});
  ASSERT_EQ(read.error, "");
  const std::string yaml = to_yaml(read.config);
  EXPECT_EQ(yaml,
            with(std::string{kFile}, {{"maxReplicas: 4", "maxReplicas: 10"},
                                      {"cpu: 1", "cpu: 0.5"},
                                      {R"(        - name: web
          http:
            metadata:
              concurrentRequests: "5"
        - name: jobs
          azureQueue:
            queueName: jobs
)",
                                       R"(        - name: jobs
          azureQueue:
            queueName: jobs
        - name: "web"
          http:
            metadata:
              concurrentRequests: "8"
)"},
                                      {"    maxWaiting: 7\n", "    maxWaiting: 7\n  concurrency: 2\n  grace: 5s\n"}}));
  EXPECT_EQ(read_file_text(yaml).config.core, read.config.core);
}

TEST(ToYaml, OfAFileWithAnotherProgramKeepsItsVariables) {
  AppConfig config = read_file_text(kFile).config;
  config.command = {"./other"};
  config.env.emplace_back("MODE", "x");
  ASSERT_TRUE(finish(config));
  const std::string yaml = to_yaml(config);
  EXPECT_THAT(yaml, Not(HasSubstr("--fast")));
  const AppConfig again = read_file_text(yaml).config;
  EXPECT_EQ(again.command, config.command);
  EXPECT_EQ(again.env, config.env);
  EXPECT_EQ(again.secret_env, config.secret_env);
  EXPECT_EQ(again.sidecars, config.sidecars);
  EXPECT_EQ(again.init_containers, config.init_containers);
}

TEST(ToYaml, IsForAzureOnceOurKeyIsGone) {
  AppConfig config;
  config.core.scale.max_replicas = 4;
  config.core.scale.policy = core::PolicyKind::kHpa;
  const auto exported = export_aca(to_yaml(config), "app.yaml");
  ASSERT_TRUE(exported);
  EXPECT_THAT(exported->yaml, HasSubstr("maxReplicas: 4"));
  EXPECT_THAT(exported->yaml, Not(HasSubstr("tenfold")));
}

}  // namespace
}  // namespace tenfold::config
