// Probes of the file, in every way that Azure writes them, and back.
#include "config/probes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/export.hpp"
#include "config/export_aca.hpp"
#include "config/gaps.hpp"
#include "unit/config/support.hpp"

namespace tenfold::config {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Type = Probe::Type;

std::string file_of(const std::string& probes) {
  return "properties:\n"
         "  configuration: {ingress: {targetPort: 8000}}\n"
         "  template:\n"
         "    containers:\n"
         "    - command: [./solver]\n"
         "      probes:\n" +
         probes;
}

TEST(Probes, AreReadWithKubernetesDefaults) {
  const Read read = read_file_text(
      file_of("      - {type: Startup, tcpSocket: {port: 8000}, periodSeconds: 1, failureThreshold: 240}\n"
              "      - type: readiness\n"
              "        httpGet:\n"
              "          path: /healthz?deep=1\n"
              "          port: 8000\n"
              "          httpHeaders: [{name: Host, value: solver}]\n"
              "        initialDelaySeconds: 3\n"
              "        successThreshold: 2\n"
              "      - {type: Liveness, httpGet: {port: 8000}, terminationGracePeriodSeconds: 30}\n"));
  ASSERT_EQ(read.error, "");
  ASSERT_EQ(read.config.probes.size(), 3U);
  const Probe& startup = read.config.probes[0];
  EXPECT_EQ(startup.type, Type::kStartup);
  EXPECT_EQ(startup.path, "");
  EXPECT_EQ(startup.period, 1s);
  const Probe& readiness = read.config.probes[1];
  EXPECT_EQ(readiness.path, "/healthz?deep=1");
  EXPECT_EQ(readiness.headers.front().second, "solver");
  EXPECT_EQ(readiness.initial_delay, 3s);
  EXPECT_EQ(readiness.period, 10s);
  EXPECT_EQ(readiness.timeout, 1s);
  EXPECT_EQ(readiness.success_threshold, 2U);
  EXPECT_EQ(read.config.probes[2].path, "/");
  EXPECT_EQ(read.config.target_port, 8000);
}

TEST(Probes, WhatIsWrongIsToldWithItsLine) {
  const auto error = [](const std::string& probe) { return read_file_text(file_of("      - " + probe + "\n")).error; };
  EXPECT_THAT(error("{httpGet: {port: 1}}"),
              HasSubstr("app.yaml:7: properties.template.containers[].probes[]: a probe needs a type"));
  EXPECT_THAT(error("{type: Readyness, httpGet: {port: 1}}"),
              HasSubstr("probes[].type: probe type 'Readyness' is not known; did you mean"));
  EXPECT_THAT(error("{type: Startup}"), HasSubstr("in one way: httpGet or tcpSocket"));
  EXPECT_THAT(error("{type: Startup, httpGet: {port: 1}, tcpSocket: {port: 1}}"), HasSubstr("in one way"));
  EXPECT_THAT(error("{type: Startup, httpGet: {path: /}}"), HasSubstr("needs a port"));
  EXPECT_THAT(error("{type: Startup, tcpSocket: {port: 70000}}"), HasSubstr("tcpSocket.port: '70000'"));
  EXPECT_THAT(error("{type: Startup, httpGet: {port: 1, path: \"/a b\"}}"), HasSubstr("is no path"));
  EXPECT_THAT(error("{type: Startup, httpGet: {port: 1, httpHeaders: [{name: X}]}}"), HasSubstr("a name and a value"));
  EXPECT_THAT(error("{type: Startup, httpGet: {port: 1, httpHeaders: [{name: X, value: \"a\\r\\nb\"}]}}"),
              HasSubstr("one line"));
  EXPECT_THAT(error("{type: Startup, tcpSocket: {port: 1}, periodSecond: 5}"),
              HasSubstr("did you mean 'periodSeconds'?"));
  EXPECT_THAT(error("{type: Startup, tcpSocket: {port: 1}, periodSeconds: 0}"),
              HasSubstr("probes[].periodSeconds: '0'"));
  EXPECT_THAT(error("{type: Liveness, tcpSocket: {port: 1}, successThreshold: 2}"),
              HasSubstr("only a readiness probe"));
  EXPECT_THAT(error("7"), HasSubstr("a map of keys is wanted"));
  EXPECT_THAT(read_file_text(file_of("      - {type: Startup, tcpSocket: {port: 1}}\n"
                                     "      - {type: Startup, tcpSocket: {port: 2}}\n"))
                  .error,
              HasSubstr("app.yaml:8: properties.template.containers[].probes[]: there are two startup probes"));
}

TEST(Probes, AStartupProbeSaysHowLongAStartMayTakeUnlessThatWasStated) {
  const std::string file = file_of(
      "      - {type: Startup, tcpSocket: {port: 1}, initialDelaySeconds: 5, periodSeconds: 10, failureThreshold: "
      "30}\n");
  EXPECT_EQ(read_file_text(file).config.core.replica.start_timeout, 305s);
  EXPECT_EQ(read_file_text(file + "tenfold: {startTimeout: 7s}\n").config.core.replica.start_timeout, 7s);
  EXPECT_EQ(read_file_text("").config.core.replica.start_timeout, 60s);
}

TEST(Probes, AFlagStatesTheReadinessPath) {
  EXPECT_EQ(read_flags({{"readiness-path", "/healthz"}}).config.probes.front().path, "/healthz");
  EXPECT_THAT(read_flags({{"readiness-path", "healthz"}}).error, HasSubstr("write /healthz"));
  const Read file = read_file_text(file_of("      - {type: Readiness, tcpSocket: {port: 8000}, periodSeconds: 2}\n"));
  const Read both = with_flags(file.config, {{"readiness-path", "/ready"}});
  ASSERT_EQ(both.config.probes.size(), 1U);
  EXPECT_EQ(both.config.probes.front().path, "/ready");
  EXPECT_EQ(both.config.probes.front().period, 2s);
}

TEST(Probes, ComeBackFromYaml) {
  const Read read = read_file_text(file_of(
      "      - {type: Startup, tcpSocket: {port: 8000}, failureThreshold: 240}\n"
      "      - {type: Readiness, httpGet: {path: /healthz, port: 8000, httpHeaders: [{name: A, value: b}]}}\n"));
  ASSERT_EQ(read.error, "");
  const Read again = read_file_text(to_yaml(read.config));
  EXPECT_EQ(again.error, "");
  EXPECT_EQ(again.config.probes, read.config.probes);
}

TEST(Probes, ComeThroughTheExportAsTheyWere) {
  const std::string probes =
      "probes:\n"
      "          - type: Readiness\n"
      "            httpGet:\n"
      "              path: /healthz\n"
      "              port: 8000\n"
      "            periodSeconds: 5\n";
  const auto exported = export_aca("tenfold: {policy: slo}\nproperties:\n  template:\n    containers:\n      - " +
                                       probes.substr(0, probes.find('\n') + 1) + probes.substr(probes.find('\n') + 1),
                                   "app.yaml");
  ASSERT_TRUE(exported) << exported.error();
  EXPECT_THAT(exported->yaml, HasSubstr("- " + probes));
}

TEST(Probes, WhatCannotBeAskedHereIsToldAndNotAsked) {
  const Read read =
      read_file_text(file_of("      - {type: Startup, httpGet: {port: 8000, scheme: HTTPS}}\n"
                             "      - {type: Readiness, tcpSocket: {port: 8000, host: db}}\n"));
  ASSERT_EQ(read.error, "");
  EXPECT_TRUE(read.config.probes.empty());
  EXPECT_THAT(gaps_line(read.config),
              HasSubstr("the startup probe is not asked: replicas speak plain HTTP here; the readiness probe is not "
                        "asked: it asks db, and only replicas are asked here"));
}

TEST(Probes, APathMayLackItsSlashAsOnKubernetes) {
  const Read read = read_file_text(file_of("      - {type: Startup, httpGet: {port: 8000, path: healthz}}\n"));
  EXPECT_EQ(read.config.probes.at(0).path, "/healthz");
}

TEST(Probes, WhatIsAskedElsewhereIsTold) {
  const Read read =
      read_file_text(file_of("      - {type: Liveness, tcpSocket: {port: 8000}}\n"
                             "      - {type: Startup, httpGet: {path: /up, port: 9000}}\n"
                             "      - {type: Readiness, tcpSocket: {port: 8000}}\n"));
  EXPECT_EQ(gaps_line(read.config),
            "the startup probe is asked where the replica serves, not at its port 9000; minReplicas is not stated: 2 "
            "here, 0 there");
  EXPECT_EQ(gaps_line({}), "");
}

TEST(Probes, AnAppWithoutAReadinessProbeHasAzuresWithoutItsDelay) {
  AppConfig config;
  config.probes = {{.type = Probe::Type::kLiveness, .path = "/alive"}};
  const std::vector<Probe> asked = asked_probes(config);
  ASSERT_EQ(asked.size(), 2);
  EXPECT_EQ(asked[0], config.probes[0]);
  EXPECT_EQ(asked[1], (Probe{.type = Probe::Type::kReadiness, .period = 5s, .timeout = 5s, .failure_threshold = 48}));
  config.probes = {{.type = Probe::Type::kReadiness}};
  EXPECT_EQ(asked_probes(config), config.probes);
}

}  // namespace
}  // namespace tenfold::config
