// Whether and how a service is traced: its own settings before those of the environment.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "live/traces/options.hpp"

namespace tenfold::live {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TraceOptionsTest : public testing::Test {
 protected:
  std::expected<TraceChoice, std::string> choose() {
    return choose_traces(config_, [this](const std::string& name) -> std::optional<std::string> {
      const auto found = environment_.find(name);
      return found == environment_.end() ? std::nullopt : std::optional{found->second};
    });
  }
  TraceOptions options() {
    const auto chosen = choose();
    EXPECT_TRUE(chosen && chosen->options);
    return chosen->options.value_or(TraceOptions{});
  }
  std::string resource(const std::string& key) {
    for (const auto& [name, value] : options().resource) {
      if (name == key) return value;
    }
    return "";
  }

  config::AppConfig config_;
  std::map<std::string, std::string> environment_;
};

TEST_F(TraceOptionsTest, NothingIsTracedUnlessSomethingSaysWhere) {
  const auto chosen = choose();
  ASSERT_TRUE(chosen);
  EXPECT_FALSE(chosen->options);
  EXPECT_THAT(chosen->warnings, IsEmpty());
}

TEST_F(TraceOptionsTest, ItsOwnSettingsGoFirst) {
  environment_ = {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://env:1"}, {"OTEL_TRACES_SAMPLER", "always_off"}};
  config_.traces = {.endpoint = "http://127.0.0.1:4318", .sample = 0.25};
  EXPECT_EQ(options().url, "http://127.0.0.1:4318/v1/traces");
  EXPECT_EQ(options().place.port, 4318);
  EXPECT_EQ(options().place.target, "/v1/traces");
  EXPECT_EQ(options().sampler, (Sampler{.share = 0.25, .follows_parent = true}));
  config_.traces.endpoint = "http://127.0.0.1:4318/v1/traces";
  EXPECT_EQ(options().url, "http://127.0.0.1:4318/v1/traces") << "the whole URL is understood too";
  config_.traces.endpoint = "none";
  EXPECT_FALSE(choose()->options);
}

TEST_F(TraceOptionsTest, WhatTheEnvironmentSays) {
  environment_["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://collector:4318/base/";
  EXPECT_EQ(options().url, "http://collector:4318/base/v1/traces");
  environment_["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = "http://other:1/as/is";
  EXPECT_EQ(options().url, "http://other:1/as/is");
  environment_["OTEL_EXPORTER_OTLP_HEADERS"] = "x-key=a%20b, x-tenant = t";
  EXPECT_EQ(options().headers, "x-key: a b\r\nx-tenant: t\r\n");
  environment_["OTEL_EXPORTER_OTLP_TRACES_HEADERS"] = "x-own=1";
  EXPECT_EQ(options().headers, "x-own: 1\r\n");
}

TEST_F(TraceOptionsTest, TheEnvironmentSwitchesOff) {
  environment_["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://collector:4318";
  environment_["OTEL_SDK_DISABLED"] = "true";
  EXPECT_FALSE(choose()->options);
  environment_["OTEL_SDK_DISABLED"] = "false";
  environment_["OTEL_TRACES_EXPORTER"] = "none";
  EXPECT_FALSE(choose()->options);
  EXPECT_THAT(choose()->warnings, IsEmpty());
}

TEST_F(TraceOptionsTest, WhatCannotBeFollowedIsAnErrorOfOursAndAWarningOfTheEnvironments) {
  environment_["OTEL_EXPORTER_OTLP_ENDPOINT"] = "https://collector:4318";
  EXPECT_FALSE(choose()->options);
  EXPECT_THAT(choose()->warnings, ElementsAre(HasSubstr("'https://collector:4318/v1/traces' needs TLS")));
  environment_ = {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"}, {"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}};
  EXPECT_FALSE(choose()->options);
  EXPECT_THAT(choose()->warnings, ElementsAre(HasSubstr("asks for grpc")));
  config_.traces.endpoint = "https://collector:4318";
  EXPECT_EQ(choose().error(),
            "--otlp-endpoint: 'https://collector:4318/v1/traces' needs TLS, which is not supported for collectors yet; "
            "give an http URL");
  config_.traces.endpoint = "collector:4318";
  EXPECT_THAT(choose().error(), HasSubstr("is no URL of a collector; write http://HOST:PORT/PATH"));
}

TEST_F(TraceOptionsTest, HeadersThatCannotBeSentAreLeftOut) {
  config_.traces.endpoint = "http://x:1";
  for (const char* bad : {"novalue", "=x", "a b=1", "a=%0D%0AEvil: 1", "a=%G", "caf\xC3\xA9=1"}) {
    environment_["OTEL_EXPORTER_OTLP_HEADERS"] = bad;
    EXPECT_EQ(options().headers, "") << bad;
    EXPECT_THAT(choose()->warnings, ElementsAre(HasSubstr("OTEL_EXPORTER_OTLP_HEADERS"))) << bad;
  }
}

TEST_F(TraceOptionsTest, TheSamplersOfOpenTelemetry) {
  config_.traces.endpoint = "http://x:1";
  const auto sampler = [&](const char* word, const char* argument = "") {
    environment_["OTEL_TRACES_SAMPLER"] = word;
    environment_["OTEL_TRACES_SAMPLER_ARG"] = argument;
    return options().sampler;
  };
  EXPECT_EQ(sampler(""), (Sampler{.share = 1, .follows_parent = true}));
  EXPECT_EQ(sampler("always_on"), (Sampler{.share = 1, .follows_parent = false}));
  EXPECT_EQ(sampler("always_off"), (Sampler{.share = 0, .follows_parent = false}));
  EXPECT_EQ(sampler("traceidratio", "0.5"), (Sampler{.share = 0.5, .follows_parent = false}));
  EXPECT_EQ(sampler("parentbased_always_on"), (Sampler{.share = 1, .follows_parent = true}));
  EXPECT_EQ(sampler("parentbased_always_off"), (Sampler{.share = 0, .follows_parent = true}));
  EXPECT_EQ(sampler("parentbased_traceidratio", "0.1"), (Sampler{.share = 0.1, .follows_parent = true}));
  EXPECT_THAT(choose()->warnings, IsEmpty());
  EXPECT_EQ(sampler("traceidratio", "2"), (Sampler{.share = 1, .follows_parent = false}));
  EXPECT_THAT(choose()->warnings, ElementsAre(HasSubstr("'2' is not from 0 to 1")));
  EXPECT_EQ(sampler("jaeger_remote"), Sampler{});
  EXPECT_THAT(choose()->warnings, ElementsAre(HasSubstr("'jaeger_remote' is not known here")));
}

TEST_F(TraceOptionsTest, WhoTheServiceIs) {
  config_.traces.endpoint = "http://x:1";
  config_.command = {"/opt/solver", "--fast"};
  EXPECT_EQ(resource("service.name"), "solver");
  EXPECT_NE(resource("service.version"), "");
  EXPECT_NE(resource("host.name"), "");
  EXPECT_NE(resource("process.pid"), "");
  environment_["OTEL_RESOURCE_ATTRIBUTES"] = "service.name=first,deployment.environment.name=a%2Cb";
  EXPECT_EQ(resource("service.name"), "first");
  EXPECT_EQ(resource("deployment.environment.name"), "a,b");
  environment_["OTEL_SERVICE_NAME"] = "second";
  EXPECT_EQ(resource("service.name"), "second");
  config_.name = "own";
  EXPECT_EQ(resource("service.name"), "own");
}

}  // namespace
}  // namespace tenfold::live
