// The table of settings: every parameter, by flag and by key, and what is refused.
#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <ranges>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/app_config.hpp"
#include "core/words.hpp"
#include "unit/config/support.hpp"

namespace tenfold::config {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// What `--flag text` is answered.
std::string refusal(std::string_view flag, std::string_view text) { return read_flags({{flag, text}}).error; }

TEST(Settings, EveryFlagAndKeyIsThereOnce) {
  std::set<std::string_view> flags;
  std::set<std::string_view> keys;
  for (const Setting& setting : settings()) {
    EXPECT_TRUE(!setting.flag.empty() || !setting.key.empty());
    if (!setting.flag.empty()) {
      EXPECT_TRUE(flags.insert(setting.flag).second) << setting.flag;
      EXPECT_FALSE(setting.help.empty()) << setting.flag;
      EXPECT_FALSE(setting.group.empty()) << setting.flag;
    }
    if (!setting.key.empty()) {
      EXPECT_TRUE(keys.insert(setting.key).second) << setting.key;
    }
  }
}

TEST(Settings, EveryDefaultReadsBackAsItIsShown) {
  for (const Setting& setting : settings()) {
    AppConfig config;
    if (!setting.show || setting.show(config).empty()) continue;
    const std::string shown = setting.show(config);
    ASSERT_TRUE(setting.apply(config, shown)) << setting.flag << " " << shown;
    EXPECT_EQ(setting.show(config), shown) << setting.flag;
    EXPECT_EQ(config.core, AppConfig{}.core) << setting.flag;
  }
}

TEST(Settings, EveryFlagAndKeyStandsInTheDocumentation) {
  std::ifstream stream{TENFOLD_SOURCE_DIR "/docs/configuration.md"};
  const std::string text{std::istreambuf_iterator<char>{stream}, {}};
  for (const Setting& setting : settings()) {
    std::string key{setting.key};
    if (const std::size_t list = key.find("containers[]"); list != std::string::npos)
      key.replace(list, 12, "containers[0]");
    std::string value{setting.value_name};
    for (std::size_t bar = value.find('|'); bar != std::string::npos; bar = value.find('|', bar + 2))
      value.insert(bar, "\\");
    const std::string flag = setting.flag.empty() ? "" : fmt::format("`--{} {}` ", setting.flag, value);
    const std::string place = key.empty() ? "" : fmt::format("`{}` |", key);
    EXPECT_THAT(text, HasSubstr(fmt::format("\n| {}| {}", flag, place))) << "in one row, and tests/docs has the rest";
  }
}

TEST(Settings, TheWordsThatAValueIsNamedByAreThoseThatItTakes) {
  std::size_t words = 0;
  for (const Setting& setting : settings()) {
    if (setting.value_name.find('|') == std::string_view::npos) continue;
    for (const auto part : setting.value_name | std::views::split('|')) {
      const std::string word{part.begin(), part.end()};
      if (std::ranges::none_of(word, [](unsigned char c) { return std::islower(c); })) continue;  // N, DIR
      AppConfig config;
      ASSERT_TRUE(setting.apply(config, word)) << setting.flag << " " << word;
      EXPECT_EQ(setting.show(config), word) << setting.flag;
      ++words;
    }
  }
  EXPECT_GE(words, 15U);
}

TEST(Settings, EveryPolicyIsInTheHelp) {
  const auto policy = std::ranges::find(settings(), "policy", &Setting::flag);
  for (const auto& [word, kind] : core::words_of<core::PolicyKind, core::kPolicyKinds>())
    EXPECT_THAT(policy->help, HasSubstr(word));
}

TEST(Settings, APythonAppIsAModuleAndWhatIsInIt) {
  EXPECT_EQ(read_file_text("tenfold: {python: 'shop.api:make.app'}\n").config.python, "shop.api:make.app");
  EXPECT_EQ(read_flags({{"python", "app"}}).config.python, "app");
  for (const char* wrong : {"app.py", "./app:app", "app:", ":app", "app:app:app", "1app:app", "app..x:app", "a b:c"}) {
    EXPECT_EQ(read_file_text(fmt::format("tenfold:\n  python: '{}'\n", wrong)).error,
              fmt::format("app.yaml:2: tenfold.python: '{}' is no app of a Python module; write app:app for `app` in "
                          "app.py",
                          wrong));
  }
  EXPECT_EQ(
      read_file_text("tenfold:\n  start: socket\n  python: app:app\n").error,
      "app.yaml:2: a Python app that tenfold imports makes its socket itself; start: socket is for other programs");
}

TEST(Settings, JournalsAreKeptByTimeOrSizeOrBoth) {
  const Read both = read_file_text("tenfold: {journalKeep: '36h,2GiB'}\n");
  EXPECT_EQ(both.config.journal_keep, (JournalKeep{36h, core::mebibytes(2048)}));
  EXPECT_EQ(read_file_text("tenfold: {journalKeep: 30d}\n").config.journal_keep, (JournalKeep{30 * 24h, {}}));
  EXPECT_EQ(read_file_text("tenfold: {journalKeep: 5GB|1d}\n").config.journal_keep,
            (JournalKeep{24h, core::Bytes{5'000'000'000}}));
  EXPECT_EQ(read_file_text("tenfold: {journalKeep: all}\n").config.journal_keep, (JournalKeep{core::Duration{}, {}}));
  EXPECT_EQ(AppConfig{}.journal_keep, (JournalKeep{7 * 24h, core::mebibytes(1024)}));
  for (const char* wrong : {"forever", "7d,,1GiB", "0s", "7d 1GiB", "-1d"}) {
    EXPECT_THAT(read_file_text(fmt::format("tenfold: {{journalKeep: '{}'}}\n", wrong)).error,
                HasSubstr("write 7d,1GiB or all"))
        << wrong;
  }
}

TEST(Settings, ParametersOfThePoliciesHaveTheNamesOfTheirReferences) {
  const Read read = read_file_text(R"(
properties:
  template:
    scale:
      pollingInterval: 15
      cooldownPeriod: 60
tenfold:
  policy: knative
  aca: {metric: inflight, evaluationInterval: 5s, scaleDownStabilization: 60s}
  hpa:
    syncPeriod: 10s
    tolerance: 0.2
    cpuInitializationPeriod: 1m0s
    initialReadinessDelay: 10s
    behavior:
      scaleUp:
        stabilizationWindowSeconds: 5
        selectPolicy: Min
        policies:
        - {type: Percent, value: 50, periodSeconds: 30}
        - type: Pods
          value: 2
          periodSeconds: 60
        tolerance: 0.3
      scaleDown: {stabilizationWindowSeconds: 60, selectPolicy: Disabled}
  knative:
    container-concurrency-target-percentage: 80
    container-concurrency-target-default: 50
    requests-per-second-target-default: 100
    target-burst-capacity: -1
    stable-window: 90s
    panic-window-percentage: 20
    panic-threshold-percentage: 150
    max-scale-up-rate: 10
    max-scale-down-rate: 3
    scale-to-zero-grace-period: 10s
    scale-to-zero-pod-retention-period: 20s
    scale-down-delay: 15s
    initial-scale: 3
    activation-scale: 2
    tick-interval: 1s
  slo: {target: 250ms}
  per-request: {keep-alive: 15m}
  cores: 8
  queue: {order: shortest, aging: 0.5, classBy: X-Model}
  prices: {currency: EUR, vcpuSecondActive: 0.00003}
)");
  ASSERT_EQ(read.error, "");
  core::ScaleSettings want;
  want.policy = core::PolicyKind::kKnative;
  want.aca = {core::AcaMetric::kInFlight, 5s, 15s, 60s, 60s};
  want.hpa = {10s,
              0.2,
              60s,
              10s,
              true,
              {5s,
               core::SelectPolicy::kMin,
               {{core::HpaPolicyType::kPercent, 50, 30s}, {core::HpaPolicyType::kPods, 2, 60s}},
               0.3},
              {60s, core::SelectPolicy::kDisabled, {}, {}}};
  want.knative = {80, 50, 100, -1, 90s, 20, 150, 10, 3, 10s, 20s, 15s, 3, 2, 1s};
  want.slo = {250ms};
  want.per_request = {15min};
  EXPECT_EQ(read.config.core.scale, want);
  EXPECT_EQ(read.config.core.machine.cores, 8);
  EXPECT_TRUE(read.config.has_cores);
  EXPECT_EQ(read.config.core.queue.order, core::QueueOrder::kShortest);
  EXPECT_EQ(read.config.core.queue.aging, 0.5);
  EXPECT_EQ(read.config.class_by, "X-Model");
  EXPECT_EQ(read.config.prices, (Prices{.currency = "EUR", .vcpu_second_active = 0.00003}));
}

TEST(Settings, EveryParameterHasAFlag) {
  const Read read = read_flags({{"policy", "slo"},
                                {"slo-target", "1s"},
                                {"aca-metric", "inflight"},
                                {"hpa-scale-down-stabilization-window-seconds", "0"},
                                {"knative-stable-window", "30s"},
                                {"queue-order", "shortest"},
                                {"class-by", "X-Kind"},
                                {"cores", "0"},
                                {"cooldown-period", "10"},
                                {"metrics-keep", "1m"}});
  ASSERT_EQ(read.error, "");
  EXPECT_EQ(read.config.core.scale.policy, core::PolicyKind::kSlo);
  EXPECT_EQ(read.config.core.scale.slo.target, core::Duration{1s});
  EXPECT_EQ(read.config.core.scale.hpa.scale_down.stabilization_window, core::Duration{0});
  EXPECT_EQ(read.config.core.scale.knative.stable_window, core::Duration{30s});
  EXPECT_TRUE(read.config.has_cores) << "0 was stated: no limit, whatever the machine has";
  EXPECT_EQ(read.config.core.scale.aca.cooldown_period, core::Duration{10s});
  EXPECT_EQ(read.config.metric_keep, core::Duration{60s});
}

TEST(Settings, AnEmptyBehaviorIsOneAndNoneIsNone) {
  EXPECT_FALSE(read_file_text("tenfold: {hpa: {behavior: null}}\n").config.core.scale.hpa.has_behavior);
  EXPECT_TRUE(read_file_text("tenfold: {hpa: {behavior: {}}}\n").config.core.scale.hpa.has_behavior);
  EXPECT_TRUE(read_file_text("tenfold: {hpa: {behavior: {scaleUp: {}}}}\n").config.core.scale.hpa.has_behavior);
  EXPECT_TRUE(read_flags({{"hpa-scale-up-select-policy", "Max"}}).config.core.scale.hpa.has_behavior);
  EXPECT_FALSE(read_flags({{"hpa-downscale-stabilization", "60s"}}).config.core.scale.hpa.has_behavior);
}

TEST(Settings, AFlagStatesPoliciesAsAFileDoes) {
  const Read read = read_flags(
      {{"hpa-scale-down-policies", "type=Pods,value=1,periodSeconds=60; type=Percent,value=10,periodSeconds=30"},
       {"hpa-scale-down-policies", "periodSeconds=5,type=Pods,value=9"}});
  ASSERT_EQ(read.error, "");
  using enum core::HpaPolicyType;
  EXPECT_EQ(read.config.core.scale.hpa.scale_down.policies,
            (std::vector<core::HpaScalingPolicy>{{kPods, 1, 60s}, {kPercent, 10, 30s}, {kPods, 9, 5s}}));
}

TEST(Settings, WhatBehaviorCannotBeIsToldWithItsLine) {
  const auto policies = [](std::string_view list) {
    return read_file_text(fmt::format("tenfold:\n  hpa:\n    behavior:\n      scaleUp:\n        policies:\n{}", list))
        .error;
  };
  constexpr std::string_view kAt = "app.yaml:6: tenfold.hpa.behavior.scaleUp.policies: ";
  EXPECT_EQ(policies("        - {type: Pods, value: 4}\n"),
            fmt::format("{}'type=Pods,value=4' is no policy; it has a type, a value and periodSeconds, each once: "
                        "type=Percent,value=100,periodSeconds=15",
                        kAt));
  EXPECT_EQ(policies("        - {type: pods, value: 4, periodSeconds: 15}\n"),
            fmt::format("{}type of policy 'pods' is not known; did you mean 'Pods'?", kAt));
  EXPECT_EQ(policies("        - {type: Pods, value: 0, periodSeconds: 15}\n"),
            fmt::format("{}'0' is no whole number from 1 to 2147483647", kAt));
  EXPECT_THAT(policies("        - {type: Pods, value: 4, periodSeconds: 1801}\n"), HasSubstr("from 1 to 1800"));
  EXPECT_THAT(policies("        - {type: Pods, valeu: 4, periodSeconds: 15}\n"),
              HasSubstr("key 'valeu' is not known; did you mean 'value'?"));
  EXPECT_THAT(policies("        - {type: Pods, value: [4], periodSeconds: 15}\n"),
              HasSubstr("one value is wanted here"));
  EXPECT_THAT(refusal("hpa-scale-up-stabilization-window-seconds", "3601"), HasSubstr("from 0 to 3600"));
  EXPECT_EQ(read_file_text("tenfold: {hpa: {scaleUp: {percent: 50}}}\n").error,
            "app.yaml:1: unknown key 'scaleUp' in tenfold.hpa; known: behavior, cpuInitializationPeriod, "
            "downscaleStabilization, initialReadinessDelay, syncPeriod, tolerance");
}

TEST(Settings, ARateWithoutTargetIsKnativesDefault) {
  constexpr std::string_view kRule = "tenfold: {policy: %, rules: [{name: pace, rps: {}}]}\n";
  const auto read = [&](std::string_view policy) {
    std::string text{kRule};
    return read_file_text(text.replace(text.find('%'), 1, policy));
  };
  const Read knative = read("knative, knative: {requests-per-second-target-default: 50}");
  ASSERT_EQ(knative.error, "");
  EXPECT_EQ(knative.config.core.scale.rules.front().target, 50);
  EXPECT_EQ(read("hpa").error, "the rps rule 'pace' needs target in its metadata");
}

TEST(Settings, KnativeReadsASharePercentageOfOneOrLessAsAFraction) {
  EXPECT_EQ(read_flags({{"knative-container-concurrency-target-percentage", "0.7"}})
                .config.core.scale.knative.container_concurrency_target_percentage,
            70);
}

TEST(Settings, WhatMakesNoSenseIsRefusedInOneLine) {
  EXPECT_EQ(refusal("slo-target", "0s"), "'0s' is not from 1ms to 86400s");
  EXPECT_EQ(refusal("slo-target", "500"), "'500' is no duration; write 250ms, 5s, 2m or 1h");
  EXPECT_EQ(refusal("aca-metric", "inflght"), "metric 'inflght' is not known; did you mean 'inflight'?");
  EXPECT_EQ(refusal("queue-order", "lifo"), "order 'lifo' is not known; did you mean 'fifo'?");
  EXPECT_EQ(refusal("hpa-scale-up-select-policy", "max"), "selectPolicy 'max' is not known; did you mean 'Max'?");
  EXPECT_EQ(refusal("hpa-tolerance", "nan"), "'nan' is no number from 0 to 10");
  EXPECT_EQ(refusal("queue-aging", "0"), "'0' is no number above 0, at most 1000000");
  EXPECT_EQ(refusal("cpu", "-1"), "'-1' is no number above 0, at most 10000");
  EXPECT_EQ(refusal("memory", "0"), "memory must be above zero");
  EXPECT_EQ(refusal("knative-max-scale-up-rate", "1"), "'1' is no number above 1, at most 1000000");
  EXPECT_EQ(refusal("knative-stable-window", "1s"), "'1s' is not from 6s to 3600s");
  EXPECT_EQ(refusal("knative-stable-window", "6500ms"), "'6500ms' is not a whole number of seconds");
  EXPECT_EQ(refusal("knative-container-concurrency-target-default", "0.01"),
            "tenfold.knative: 70 % of a container-concurrency-target-default of 0.01 is 0.007, less than "
            "0.01");
  EXPECT_EQ(refusal("knative-target-burst-capacity", "-0.5"), "'-0.5' is neither -1 nor a number from 0 on");
  EXPECT_EQ(refusal("polling-interval", "0"), "'0' is no whole number from 1 to 86400, in seconds");
  EXPECT_EQ(refusal("polling-interval", "soon"), "'soon' is no whole number from 1 to 86400, in seconds");
  EXPECT_EQ(refusal("class-by", "X Model"), "'X Model' is no name of a header; write X-Model");
  EXPECT_EQ(refusal("retry", "saf"), "retry 'saf' is not known; did you mean 'safe'?");
  EXPECT_EQ(refusal("concurrency", "0"), "'0' is no whole number from 1 to 100000, nor auto");
}

TEST(Settings, AnUnknownParameterIsAnErrorWithItsLine) {
  EXPECT_EQ(read_file_text("tenfold:\n  hpa:\n    tolerence: 0.1\n").error,
            "app.yaml:3: unknown key 'tolerence' in tenfold.hpa; did you mean 'tolerance'?");
  EXPECT_EQ(read_file_text("tenfold:\n  knative:\n    stable_window: 60s\n").error,
            "app.yaml:3: unknown key 'stable_window' in tenfold.knative; did you mean 'stable-window'?");
  EXPECT_EQ(read_file_text("tenfold:\n  slo: 500ms\n").error, "app.yaml:2: tenfold.slo: a map of keys is wanted here");
}

TEST(Settings, TrustedProxiesAreAddressesAndBlocks) {
  for (const char* wrong :
       {"proxy.example", "10.0.0.0/33", "10.0.0/8", "::1/129", "10.0.0.1:80", "[::1]", "10.0.0.0/", "10.0.0.0/x", ""}) {
    const std::string file = fmt::format("tenfold:\n  trustedProxies: [\"{}\"]\n", wrong);
    AppConfig config;
    const auto applied = apply_yaml(config, file, "app.yaml");
    if (*wrong == '\0') {
      EXPECT_TRUE(applied && config.trusted_proxies.empty());
      continue;
    }
    ASSERT_FALSE(applied) << wrong;
    EXPECT_THAT(applied.error(), testing::StartsWith("app.yaml:2: tenfold.trustedProxies: ")) << wrong;
  }
  EXPECT_THAT(refusal("trusted-proxies", "proxy.example"), HasSubstr("write 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32"));
}

TEST(Settings, TrustedProxiesAreAListOrHaveCommas) {
  AppConfig list;
  ASSERT_TRUE(apply_yaml(list, "tenfold:\n  trustedProxies:\n    - 10.0.0.0/8\n    - ::1\n", "app.yaml"));
  AppConfig commas;
  ASSERT_TRUE(apply_yaml(commas, "tenfold:\n  trustedProxies: 10.0.0.0/8, ::1\n", "app.yaml"));
  for (const AppConfig& config : {list, commas}) {
    ASSERT_EQ(config.trusted_proxies.size(), 2);
    EXPECT_TRUE(contains(config.trusted_proxies, "10.255.0.1"));
    EXPECT_TRUE(contains(config.trusted_proxies, "::1"));
    EXPECT_FALSE(contains(config.trusted_proxies, "11.0.0.1"));
  }
}

TEST(AddressRange, HoldsThoseThatShareItsFirstBits) {
  const auto holds = [](const char* range, const char* address) {
    return AddressRange::parse(range)->contains(address);
  };
  EXPECT_TRUE(holds("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(holds("192.0.2.7", "192.0.2.8"));
  EXPECT_TRUE(holds("192.0.2.128/25", "192.0.2.255"));
  EXPECT_FALSE(holds("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(holds("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(holds("0.0.0.0/0", "2001:db8::1")) << "another family";
  EXPECT_TRUE(holds("::/0", "2001:db8::1"));
  EXPECT_TRUE(holds("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(holds("192.0.2.7", "::ffff:192.0.2.7")) << "as a socket of both families tells it";
  EXPECT_FALSE(holds("::/0", "unix"));
}

TEST(Settings, TheAppsPolicyIsSloUnlessItNamesAnother) {
  EXPECT_EQ(AppConfig{}.core.scale.policy, core::PolicyKind::kSlo);
  EXPECT_EQ(read_flags({{"policy", "aca"}}).config.core.scale.policy, core::PolicyKind::kAca);
}

TEST(Settings, HowARequestIsTakenBackIsOneOfThree) {
  const Read read = read_flags({{"cancel", "kill"}, {"cancel-grace", "3s"}});
  EXPECT_EQ(read.config.core.replica.cancel, core::CancelMode::kKill);
  EXPECT_EQ(read.config.core.replica.cancel_grace, std::chrono::seconds{3});
  EXPECT_EQ(AppConfig{}.core.replica.cancel, core::CancelMode::kNone);
  EXPECT_EQ(refusal("cancel", "stop"), "way to cancel 'stop' is not known; known: none, close, kill");
}

}  // namespace
}  // namespace tenfold::config
