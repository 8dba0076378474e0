// The file for Azure, and what is said of what Azure refuses or loses.
#include "config/export_aca.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenfold::config {
namespace {

using testing::HasSubstr;
using testing::Not;

AcaFile exported(std::string_view text) {
  const auto file = export_aca(text, "app.yaml");
  EXPECT_TRUE(file) << file.error();
  return *file;
}

TEST(ExportAca, LeavesOutOurKeyAndKeepsOrderAndTexts) {
  const AcaFile file = exported(R"(# a comment
location: westeurope
tenfold:
  policy: slo
properties:
  template:
    containers:
    - image: r/solver:1
      name: main
      resources: {cpu: 0.5, memory: 1Gi}
      env:
      - {name: A, value: 'true'}
      - {name: B, value: "line\nbreak: \"x\""}
    scale:
      minReplicas: 1
      rules:
      - name: web
        http: {metadata: {concurrentRequests: "50"}}
)");
  EXPECT_EQ(file.yaml, R"(location: westeurope
properties:
  template:
    containers:
      - image: r/solver:1
        name: main
        resources:
          cpu: 0.5
          memory: 1Gi
        env:
          - name: A
            value: "true"
          - name: B
            value: "line\nbreak: \"x\""
    scale:
      minReplicas: 1
      rules:
        - name: web
          http:
            metadata:
              concurrentRequests: "50"
)");
  EXPECT_EQ(file.warnings, "app.yaml:4: tenfold: not Azure's, left out: policy");
}

TEST(ExportAca, WhatAzTakesOtherwiseOrNotAtAllIsLeftOut) {
  const AcaFile file = exported(R"(id: /subscriptions/x
name: app
type: Microsoft.App/containerApps
kind: containerapp
systemData: {createdBy: me}
identity: {principalId: p, userAssignedIdentities: {/mine: {clientId: c}}}
resources: [{type: authConfigs}]
properties:
  provisioningState: Succeeded
  patchingMode: Automatic
  configuration:
    targetLabel: ''
    dapr: null
    ingress: {fqdn: x.example, transport: Auto, external: true}
    runtime: {dotnet: {autoConfigureDataProtection: true}}
)");
  EXPECT_EQ(file.yaml,
            "identity:\n  userAssignedIdentities:\n    /mine:\n      {}\nproperties:\n  configuration:\n    ingress:\n "
            "     transport: auto\n      external: true\n");
  EXPECT_EQ(file.warnings,
            "app.yaml:7: resources: az does not take it; left out\n"
            "app.yaml:10: properties.patchingMode: az does not take it; left out\n"
            "app.yaml:15: properties.configuration.runtime.dotnet: az does not take it; left out");
}

TEST(ExportAca, TextsAreTextsAndNumbersNumbers) {
  const AcaFile file = exported(R"(tags: {release: 42, plain: words}
properties:
  configuration:
    ingress: {external: "true", targetPort: "8000"}
  template:
    terminationGracePeriodSeconds: 2m
    containers:
    - {name: a, image: b, command: [./run, -v, 5], env: [{name: A, value: yes}, {name: DAY, value: 2025-01-31}]}
    scale: {rules: [{name: web, http: {metadata: {concurrentRequests: 50}}}]}
)");
  EXPECT_THAT(file.yaml, HasSubstr("release: \"42\"\n  plain: words\n"));
  EXPECT_THAT(file.yaml, HasSubstr("external: true\n      targetPort: 8000\n"));
  EXPECT_THAT(file.yaml, HasSubstr("terminationGracePeriodSeconds: 120\n"));
  EXPECT_THAT(file.yaml, HasSubstr("- \"5\"\n"));
  EXPECT_THAT(file.yaml, HasSubstr("value: \"yes\"\n"));
  EXPECT_THAT(file.yaml, HasSubstr("value: \"2025-01-31\"\n")) << "az would read a date";
  EXPECT_THAT(file.yaml, HasSubstr("concurrentRequests: \"50\"\n"));
  EXPECT_EQ(file.warnings,
            "app.yaml:1: tags.release: Azure wants a text: written \"42\"\n"
            "app.yaml:4: properties.configuration.ingress.external: Azure wants a truth: written true\n"
            "app.yaml:4: properties.configuration.ingress.targetPort: Azure wants a number: written 8000\n"
            "app.yaml:6: properties.template.terminationGracePeriodSeconds: Azure wants a number of seconds: written "
            "120\n"
            "app.yaml:8: properties.template.containers[].command[]: Azure wants a text: written \"5\"\n"
            "app.yaml:8: properties.template.containers[].env[].value: Azure wants a text: written \"yes\"\n"
            "app.yaml:9: properties.template.scale.rules[].http.metadata.concurrentRequests: Azure wants a text: "
            "written \"50\"");
}

// The warnings about one container, "c", and what may stand beside the containers in the template.
std::string warnings_of(std::string_view container, std::string_view beside = "") {
  return exported("properties: {template: {containers: [{" + std::string{container} + "}]" + std::string{beside} + "}}")
      .warnings;
}

TEST(ExportAca, WarnsOfWhatAzureRefuses) {
  EXPECT_EQ(warnings_of("name: c, image: i"), "");
  EXPECT_THAT(warnings_of("name: c"), HasSubstr("app.yaml:1: properties.template.containers[]: there is no image"));
  EXPECT_THAT(warnings_of("image: i"), HasSubstr("there is no name"));
  EXPECT_THAT(warnings_of("name: My_App, image: i"), HasSubstr("at most 32 small letters, digits and -"));
  EXPECT_THAT(warnings_of("name: c, image: i, env: [{name: A, secretRef: s}]"),
              HasSubstr("'s' is not in properties.configuration.secrets"));
  EXPECT_THAT(warnings_of("name: c, image: i", ", scale: {maxReplicas: 5000}"), HasSubstr("Azure takes 1 to 1000"));
  EXPECT_THAT(warnings_of("name: c, image: i, probes: [{type: Liveness, tcpSocket: {port: 1}, periodSeconds: 600}]"),
              HasSubstr("probes[].periodSeconds: Azure takes 1 to 240"));
  EXPECT_THAT(exported("properties: {configuration: {secrets: [{name: DB}]}}").warnings,
              testing::AllOf(HasSubstr("small letters, digits, - and ."), HasSubstr("the secret 'DB' has no value")));
  EXPECT_THAT(exported("properties: {configuration: {activeRevisionsMode: Some}}").warnings,
              HasSubstr("Azure knows Single, Multiple"));
}

TEST(ExportAca, WarnsOfCpuAndMemoryThatAreNoPair) {
  const auto pair = [](std::string_view resources) {
    return warnings_of("name: c, image: i, resources: " + std::string{resources});
  };
  for (const char* right : {"{cpu: 0.25, memory: 0.5Gi}", "{cpu: 1, memory: 2Gi}", "{cpu: 1.75, memory: 3.5Gi}",
                            "{cpu: 4, memory: 8Gi}", "{cpu: 0.5, memory: 1024Mi}"})
    EXPECT_EQ(pair(right), "") << right;
  for (const char* wrong : {"{cpu: 1, memory: 1Gi}", "{cpu: 0.3, memory: 0.6Gi}", "{cpu: 5, memory: 10Gi}"})
    EXPECT_THAT(pair(wrong), HasSubstr("are no pair of the Consumption plan")) << wrong;
  EXPECT_EQ(
      exported("properties: {workloadProfileName: d4, template: {containers: [{name: c, image: i, resources: {cpu: 3, "
               "memory: 5Gi}}]}}")
          .warnings,
      "");
}

TEST(ExportAca, WarnsOfAGraceThatOnlyWeKnow) {
  EXPECT_THAT(exported("tenfold: {grace: 2m}\n").warnings, HasSubstr("tenfold.grace: Azure gives 30 s to end in"));
  EXPECT_THAT(exported("tenfold: {grace: 2m}\nproperties: {template: {terminationGracePeriodSeconds: 120}}").warnings,
              Not(HasSubstr("30 s")));
}

TEST(ExportAca, SaysWhatIsNoFile) {
  EXPECT_EQ(export_aca("[1]", "app.yaml").error(), "app.yaml: the file is not a map of keys");
  EXPECT_THAT(export_aca("a: [", "app.yaml").error(), HasSubstr("this is no YAML"));
}

}  // namespace
}  // namespace tenfold::config
