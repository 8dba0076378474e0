// Settings changed within a file of someone's own.
#include "config/edit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenfold::config {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kFile = R"(# our app
name: solver
properties:
  template:
    containers:
      - command: ["./my_solver"]   # keep
        resources: {cpu: 1, memory: 2Gi}
    scale:
      minReplicas: 2
      # as agreed
      maxReplicas: 10
      rules:
        - name: web
          http:
            metadata:
              concurrentRequests: "10"
)";

AppConfig read(std::string_view text) {
  AppConfig config;
  EXPECT_TRUE(apply_yaml(config, text, "file"));
  EXPECT_TRUE(finish(config));
  return config;
}

TEST(Edit, ChangesValuesAndMarksThem) {
  AppConfig wanted = read(kFile);
  wanted.core.scale.min_replicas = 1;
  wanted.core.scale.max_replicas = 16;
  wanted.core.replica.cpu = 0.5;
  wanted.core.replica.memory = core::gibibytes(1);
  wanted.core.scale.rules.front().target = 3;
  EXPECT_EQ(edit_yaml(kFile, wanted, "tenfold tune"), R"(# our app
name: solver
properties:
  template:
    containers:
      - command: ["./my_solver"]   # keep
        resources: {cpu: 0.5, memory: 1Gi}  # tenfold tune: was 1, 2Gi
    scale:
      minReplicas: 1  # tenfold tune: was 2
      # as agreed
      maxReplicas: 16  # tenfold tune: was 10
      rules:
        - name: web
          http:
            metadata:
              concurrentRequests: "3"  # tenfold tune: was 10
)");
}

TEST(Edit, AddsWhatTheFileDoesNotSay) {
  AppConfig wanted = read("properties:\n  template:\n    scale:\n      maxReplicas: 4\n");
  wanted.core.scale.min_replicas = 3;
  wanted.core.scale.policy = core::PolicyKind::kHpa;
  wanted.core.scale.hpa.sync_period = 5s;
  EXPECT_EQ(edit_yaml("properties:\n  template:\n    scale:\n      maxReplicas: 4\n", wanted, "x"),
            "properties:\n  template:\n    scale:\n      minReplicas: 3  # x: new\n      maxReplicas: 4\n"
            "tenfold:  # x: new\n  policy: hpa  # x: new\n  hpa:  # x: new\n    syncPeriod: 5s  # x: new\n");
}

TEST(Edit, LeavesAFileThatIsRightAsItIs) { EXPECT_EQ(edit_yaml(kFile, read(kFile), "x"), kFile); }

TEST(Edit, IsNothingWhereTheFormDoesNotAllowIt) {
  constexpr std::string_view kJson = R"({"properties": {"template": {"scale": {"maxReplicas": 4}}}})";
  AppConfig wanted = read(kJson);
  wanted.core.scale.max_replicas = 5;
  EXPECT_EQ(edit_yaml(kJson, wanted, "x"), std::nullopt);
  constexpr std::string_view kTwoRules =
      "properties:\n  template:\n    scale:\n      rules:\n      - name: a\n        http: {metadata: "
      "{concurrentRequests: 5}}\n"
      "      - name: b\n        http: {metadata: {concurrentRequests: 6}}\n";
  AppConfig two = read(kTwoRules);
  two.core.scale.rules.front().target = 9;
  EXPECT_EQ(edit_yaml(kTwoRules, two, "x"), std::nullopt) << "which one is meant is not said";
}

}  // namespace
}  // namespace tenfold::config
