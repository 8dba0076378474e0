// Azure's files: what is read, what is told of it, and all that is wrong at once. The files are in data/azure.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/azure_keys.hpp"
#include "config/gaps.hpp"
#include "config/secrets.hpp"
#include "unit/config/support.hpp"

namespace tenfold::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;
using testing::UnorderedElementsAre;

const std::filesystem::path kFiles{TENFOLD_SOURCE_DIR "/data/azure"};

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream{file};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

std::optional<std::string> no_environment(const std::string&) { return std::nullopt; }

// As `up` reads it, in an environment without variables.
Read read_as_up(const std::string& file) {
  Read read;
  auto applied = apply_yaml(read.config, text_of(kFiles / file), file);
  if (applied) applied = resolve_secrets(read.config, no_environment);
  if (applied) applied = finish(read.config);
  if (!applied) read.error = applied.error();
  return read;
}

// ---- the files

constexpr std::string_view kNoMinimum = "minReplicas is not stated: 2 here, 0 there";

// What the line at the start says of each file.
const std::map<std::string, std::string> kTold{
    {"anchors.yaml", ""},
    {"bicep-names.json", "nobody has to log in; clients and replicas speak HTTP/1.1, without TLS"},
    {"both.yaml", ""},
    {"dapr-2022.yaml", "there is no Dapr"},
    {"fortress.yaml",
     "sessions are not sticky; no CORS headers are added; IP rules are not applied; client certificates are not asked "
     "for; custom domains are not served"},
    {"functions.json", "bound services are not there; it is run as a container app, whatever its kind or service"},
    {"limits.yaml", "TOKEN is not set: the secret 'nowhere' has no value, --secret nowhere=@FILE"},
    {"minified.json", ""},
    {"nulls.yaml", std::string{kNoMinimum}},
    {"ports.yaml",
     "clients and replicas speak HTTP/1.1, without TLS; further ports are not opened; minReplicas is not stated: 1 "
     "here, 0 there"},
    {"probes.yaml",
     "the liveness probe is not asked: replicas speak plain HTTP here; the liveness probe is not asked: it asks "
     "rota.internal, and only replicas are asked here"},
    {"revisions.yaml", "traffic is not split: there is one revision"},
    {"rules.yaml",
     "the scale rule 'full' (memory with type: AverageValue) is not looked at; the scale rule 'jobs' (azureQueue) is "
     "not looked at; the scale rule 'topic' (kafka) is not looked at; the scale rule 'depth' (metrics-api with "
     "authMode) is not looked at"},
    {"sample-shape.yaml",
     "volumes are not mounted; the liveness probe is asked where the replica serves, not at its port 8080; the "
     "readiness probe is asked where the replica serves, not at its port 8081; the startup probe is asked where the "
     "replica serves, not at its port 8080; the scale rule 'backlog' (azure-servicebus) is not looked at; sessions are "
     "not sticky; there is no Dapr"},
    {"secrets.yaml", "API_KEY is not set: the secret 'api-key' has no value, --secret api-key=@FILE"},
    {"show.json", ""},
    {"show.yaml",
     fmt::format("LICENCE is not set: the secret 'licence' has no value, --secret licence=@FILE; {}", kNoMinimum)},
    {"sidecars.yaml",
     "the init container 'migrate' is not run: it has no command; the sidecar 'telemetry' is not run: it has no "
     "command; "
     "the probes of the sidecar 'cache' are not asked"},
    {"smallest.yaml", std::string{kNoMinimum}},
    {"strings.yaml", ""},
    {"volumes.yaml", "volumes are not mounted"},
};

TEST(AzureFiles, EachIsReadAndWhatIsNotDoneIsOneLineByImportance) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator{kFiles})
    if (entry.path().extension() != ".md") files.insert(entry.path().filename().string());
  EXPECT_GE(files.size(), 20U);
  for (const std::string& file : files) {
    const Read read = read_as_up(file);
    EXPECT_EQ(read.error, "");
    ASSERT_TRUE(kTold.contains(file)) << file << ": " << gaps_line(read.config);
    EXPECT_EQ(gaps_line(read.config), kTold.at(file)) << file;
    EXPECT_TRUE(check_runnable(read.config)) << file;
  }
}

TEST(AzureFiles, JsonIsReadAsYamlIs) {
  const Read shown = read_as_up("show.json");
  EXPECT_THAT(shown.config.command, ElementsAre("./cutter", "--stock", "6000"));
  EXPECT_THAT(shown.config.env, ElementsAre(Pair("UNIT", "mm \u2194 \"inch\"")));
  EXPECT_EQ(shown.config.core.scale.rules.at(0), (core::ScaleRule{"web", core::RuleKind::kHttp, 4}));
  const Read minified = read_as_up("minified.json");
  EXPECT_THAT(minified.config.command, ElementsAre("./mix", "--path=a/b"));
  EXPECT_EQ(minified.config.core.scale.min_replicas, 0U);
  EXPECT_THAT(read_file_text(R"({
	"tenfold": {"slo":{"target":"1s"}},
	"properties": {"template": {"containers": [{"command": ["./\ud83d\ude00", "\\ud83d\\ude00"]}]}}
})")
                  .config.command,
              ElementsAre("./\U0001F600", "\\ud83d\\ude00"));
}

TEST(AzureFiles, NullIsAsIfItWereNotThere) {
  const Read read = read_as_up("nulls.yaml");
  EXPECT_EQ(read.config.core.scale.max_replicas, 4U);
  EXPECT_EQ(read.config.core.scale.rules.at(0).target, 8);
  EXPECT_TRUE(read.config.env.empty());
}

// ---- what is wrong

TEST(AzureFiles, AllThatIsWrongIsToldAtOnceByLine) {
  EXPECT_EQ(read_file_text(R"(properties:
  template:
    scale:
      minReplica: 2
      maxReplicas: many
      rules:
      - {name: web, http: {metadata: {concurrentRequests: "0"}}}
      - {name: web, tcp: {}}
    containers:
    - command: {program: ./solver}
      env:
      - {value: lost}
      probes:
      - {type: Startup}
      - {type: Readyness, tcpSocket: {port: 8000}}
  template: {}
tenfold:
  timeout: soon
  timeout: 5s
)")
                .error,
            "app.yaml:4: unknown key 'minReplica' in properties.template.scale; did you mean 'minReplicas'?\n"
            "app.yaml:5: properties.template.scale.maxReplicas: 'many' is no whole number from 1 to 10000\n"
            "app.yaml:7: properties.template.scale.rules[].http.metadata.concurrentRequests: '0' is no number above "
            "zero\n"
            "app.yaml:8: properties.template.scale.rules[]: there are two rules of the name 'web'\n"
            "app.yaml:10: properties.template.containers[].command: a list is wanted here\n"
            "app.yaml:12: properties.template.containers[].env[]: a variable needs a name, without =\n"
            "app.yaml:14: properties.template.containers[].probes[]: a probe asks in one way: httpGet or tcpSocket\n"
            "app.yaml:15: properties.template.containers[].probes[].type: probe type 'Readyness' is not known; did you "
            "mean 'Readiness'?\n"
            "app.yaml:16: the key 'template' stands here twice\n"
            "app.yaml:18: tenfold.timeout: 'soon' is no duration; write 250ms, 5s, 2m or 1h\n"
            "app.yaml:19: the key 'timeout' stands here twice");
}

TEST(AzureFiles, WhatDoesNotFitTogetherIsToldAtOnceByLine) {
  constexpr std::string_view kWrong = R"(properties:
  template:
    scale:
      maxReplicas: 2
      minReplicas: 3
    containers:
    - resources: {memory: 0}
tenfold:
  knative:
    container-concurrency-target-percentage: 2
    container-concurrency-target-default: 0.4
)";
  const std::string together =
      "app.yaml:5: min replicas (3) is above max replicas (2)\n"
      "app.yaml:7: memory must be above zero\n"
      "app.yaml:10: tenfold.knative: 2 % of a container-concurrency-target-default of 0.4 is 0.008, less than 0.01";
  EXPECT_EQ(read_file_text(kWrong).error, together);
  EXPECT_THAT(read_file_text(fmt::format("{}unknown: 1\n", kWrong)).error,
              StartsWith(together + "\napp.yaml:12: unknown key 'unknown'"))
      << "beside what is wrong by itself";
}

TEST(AzureFiles, AFlagMayMendWhatDoesNotFitTogether) {
  const AppConfig file = [] {
    AppConfig config;
    EXPECT_TRUE(apply_yaml(config, "properties: {template: {scale: {\nminReplicas: 3,\nmaxReplicas: 2}}}", "app.yaml"));
    return config;
  }();
  EXPECT_EQ(with_flags(file, {{"max-replicas", "3"}}).error, "");
  EXPECT_EQ(with_flags(file, {{"min-replicas", "5"}}).error, "app.yaml:3: min replicas (5) is above max replicas (2)")
      << "the line of what the file says";
}

TEST(AzureFiles, OfAValueThatIsWrongByItselfNothingElseIsSaid) {
  EXPECT_EQ(read_file_text("properties: {template: {scale: {minReplicas: 20, maxReplicas: many}}}").error,
            "app.yaml:1: properties.template.scale.maxReplicas: 'many' is no whole number from 1 to 10000");
}

TEST(AzureFiles, OfManyFaultsTwentyAreTold) {
  std::string text = "tenfold:\n";
  for (int i = 0; i < 100; ++i) text += fmt::format("  wrong{}: 1\n", i);
  EXPECT_THAT(read_file_text(text).error, testing::EndsWith("\napp.yaml: and 80 more"));
}

TEST(AzureFiles, ArgumentsAloneAreNothingToRun) {
  EXPECT_THAT(read_file_text("properties: {template: {containers: [{args: [--fast]}]}}").error,
              HasSubstr("arguments need a command to go to"));
}

// ---- replicas and secrets

TEST(AzureFiles, WithoutAMinimumThereAreTwoReplicasAndNeverMoreThanTheMaximum) {
  const auto least = [](std::string_view scale) {
    const Read read = read_file_text(fmt::format("properties: {{template: {{scale: {}}}}}", scale));
    EXPECT_EQ(read.error, "");
    return read.config.core.scale.min_replicas;
  };
  EXPECT_EQ(least("{maxReplicas: 1}"), 1U);
  EXPECT_EQ(least("{maxReplicas: 5}"), 2U);
  EXPECT_EQ(least("{minReplicas: 0}"), 0U);
  EXPECT_EQ(read_flags({{"max-replicas", "1"}}).config.core.scale.min_replicas, 1U);
  EXPECT_THAT(read_file_text("properties: {template: {scale: {minReplicas: 2, maxReplicas: 1}}}").error,
              HasSubstr("min replicas (2) is above max replicas (1)"));
}

TEST(AzureFiles, AMissingMinimumIsToldOfAzuresFilesOnly) {
  const auto told = [](const Read& read) { return gaps_line(read.config); };
  EXPECT_EQ(told(read_file_text("properties: {template: {scale: {maxReplicas: 3}}}")), kNoMinimum);
  EXPECT_EQ(told(read_file_text("properties: {template: {scale: {minReplicas: 2}}}")), "");
  EXPECT_EQ(told(read_file_text("tenfold: {policy: slo}")), "");
  EXPECT_EQ(told(read_flags({{"max-replicas", "3"}})), "");
  const Read file = read_file_text("properties: {template: {scale: {maxReplicas: 3}}}");
  EXPECT_EQ(told(with_flags(file.config, {{"min-replicas", "1"}})), "") << "the flag states it";
}

constexpr std::string_view kSecret = R"(properties:
  configuration: {secrets: [{name: key, value: from-file}]}
  template:
    containers: [{command: [./solver], env: [{name: KEY, secretRef: key}]}]
    scale: {minReplicas: 1}
)";

Read with_secrets(Flags flags, const config::Environment& environment = no_environment) {
  Read read = with_flags(read_file_text(kSecret).config, flags);
  EXPECT_EQ(read.error, "");
  if (const auto resolved = resolve_secrets(read.config, environment); !resolved) read.error = resolved.error();
  return read;
}

TEST(Secrets, AVariableGetsItFromTheFileOrAFlag) {
  EXPECT_THAT(with_secrets({}).config.env, ElementsAre(Pair("KEY", "from-file")));
  EXPECT_THAT(with_secrets({{"secret", "key=from-flag"}}).config.env, ElementsAre(Pair("KEY", "from-flag")));
  EXPECT_THAT(with_secrets({{"env", "KEY=from-env"}}).config.env, ElementsAre(Pair("KEY", "from-env")));
  EXPECT_THAT(with_secrets({{"secret", "other=x"}, {"env", "KEY=secretref:other"}}).config.env,
              ElementsAre(Pair("KEY", "x")));
  EXPECT_THAT(with_secrets({{"secret", "other=x"}, {"env", "MORE=secretref:other"}}).config.env,
              UnorderedElementsAre(Pair("KEY", "from-file"), Pair("MORE", "x")));
  EXPECT_EQ(read_flags({{"secret", "=hidden"}}).error, "a secret has a name: NAME=@FILE, NAME or NAME=VALUE");
}

TEST(Secrets, AFileHoldsOneWithoutTheBreakAtItsEnd) {
  const std::filesystem::path directory = testing::TempDir();
  const auto in_file = [&](const std::string& text) {
    const std::filesystem::path file = directory / "tenfold-secret";
    std::ofstream{file, std::ios::binary} << text;
    return with_secrets({{"secret", "key=@" + file.string()}});
  };
  EXPECT_THAT(in_file("word\n").config.env, ElementsAre(Pair("KEY", "word")));
  EXPECT_THAT(in_file("two\nlines\n\n").config.env, ElementsAre(Pair("KEY", "two\nlines\n")));
  EXPECT_THAT(in_file("").config.env, ElementsAre(Pair("KEY", "")));
  EXPECT_THAT(in_file(std::string(std::size_t{64} * 1024, 'x')).error, "");
  EXPECT_THAT(in_file(std::string(64 * 1024 + 1, 'x')).error, HasSubstr("the secret 'key': "));
  EXPECT_THAT(in_file(std::string("a\0b", 3)).error, HasSubstr("zero byte"));
  std::filesystem::remove(directory / "tenfold-secret");
  EXPECT_EQ(with_secrets({{"secret", "key=@/no/such/file"}}).error,
            "the secret 'key': /no/such/file: No such file or directory");
  EXPECT_EQ(with_secrets({{"secret", "key=@/"}}).error, "the secret 'key': /: Is a directory");
  EXPECT_THAT(with_secrets({{"secret", "key=@/dev/zero"}}).error, HasSubstr("64 KiB"));
}

TEST(Secrets, TheEnvironmentHasOneByItsNameOrAsAVariableIsCalled) {
  const auto from = [](const config::Variables& variables, const std::string& name) {
    const auto resolved = with_secrets({{"secret", name}, {"env", "KEY=secretref:" + name}},
                                       [&](const std::string& variable) -> std::optional<std::string> {
                                         for (const auto& [known, value] : variables) {
                                           if (known == variable) return value;
                                         }
                                         return std::nullopt;
                                       });
    return resolved.error.empty() ? resolved.config.env.at(0).second : resolved.error;
  };
  EXPECT_EQ(from({{"DB_PASSWORD", "upper"}}, "db-password"), "upper");
  EXPECT_EQ(from({{"DB_PASSWORD", "upper"}, {"db-password", "same"}}, "db-password"), "same");
  EXPECT_EQ(from({{"TOKEN", "theirs"}, {"TENFOLD_SECRET_TOKEN", "ours"}}, "TOKEN"), "ours");
  EXPECT_EQ(from({}, "db-password"),
            "the secret 'db-password' is not in the environment, nor is DB_PASSWORD; --secret db-password=@FILE takes "
            "what a file holds");
}

TEST(Secrets, OneWithoutAValueIsToldUnlessTheEnvironmentHasTheVariable) {
  AppConfig config = read_file_text(kSecret).config;
  config.secrets.clear();
  AppConfig inherited = config;
  ASSERT_TRUE(resolve_secrets(config, no_environment));
  EXPECT_EQ(gaps_line(config), "KEY is not set: the secret 'key' has no value, --secret key=@FILE");
  ASSERT_TRUE(resolve_secrets(inherited, [](const std::string& name) {
    return name == "KEY" ? std::optional<std::string>{"inherited"} : std::nullopt;
  }));
  EXPECT_EQ(gaps_line(inherited), "");
  EXPECT_THAT(inherited.env, ElementsAre(Pair("KEY", "inherited")));
}

// ---- the table

std::string_view word_of(Here here) {
  switch (here) {
    case Here::kWorks:
      return "works";
    case Here::kTold:
      return "told";
    case Here::kPassed:
      break;
  }
  return "passed over";
}

std::string_view word_of(Sent sent) {
  switch (sent) {
    case Sent::kYes:
      return "";
    case Sent::kOnTheLine:
      return "left out: it is on az's command line";
    case Sent::kAnswer:
      return "left out: only Azure writes it";
    case Sent::kOther:
      break;
  }
  return "left out: not in 2025-07-01, or az drops it";
}

TEST(AzureKeys, TheTableIsTheDocumentation) {
  std::string rows;
  for (const AzureKey& key : azure_keys())
    rows += fmt::format("| `{}` | {} | {} |\n", key.path, word_of(key.here), word_of(key.sent));
  const std::string page = text_of(TENFOLD_SOURCE_DIR "/docs/azure.md");
  EXPECT_THAT(page, HasSubstr(rows)) << "docs/azure.md holds these rows:\n" << rows;
}

TEST(AzureKeys, EachPathIsThereOnceAndSaysWhatIsDone) {
  std::set<std::string_view> paths;
  for (const AzureKey& key : azure_keys()) {
    EXPECT_TRUE(paths.insert(key.path).second) << key.path;
    EXPECT_EQ(key.here == Here::kTold, key.gap != Gap::kNone) << key.path;
  }
  EXPECT_GE(paths.size(), 168U);
}

// A file that holds the value at the path alone.
std::string file_with(std::string_view path, std::string_view value) {
  std::string open = "{";
  std::string close = "}";
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    std::string_view key = path.substr(begin, end - begin);
    const bool is_list = key.ends_with("[]");
    if (is_list) key.remove_suffix(2);
    const bool is_last = end == path.size();
    open += fmt::format("{}: {}{}", key, is_list ? "[" : "", is_last ? "" : "{");
    close.insert(0, fmt::format("{}{}", is_last ? "" : "}", is_list ? "]" : ""));
    begin = end + 1;
  }
  return open + std::string{value} + close;
}

TEST(AzureKeys, EachIsKnownToTheReaderAndToldOrNotAsTheTableSays) {
  for (const AzureKey& key : azure_keys()) {
    const std::string_view choice = key.choices.substr(0, key.choices.find('|'));
    const bool is_map = key.type == ValueType::kAny || key.type == ValueType::kTexts || key.type == ValueType::kNames;
    const std::string value = is_map ? "{k: v}" : key.choices.empty() ? "5" : fmt::format("\"{}\"", choice);
    const std::string text = file_with(key.path, value);
    AppConfig config;
    const auto applied = apply_yaml(config, text, "f");
    EXPECT_THAT(applied ? "" : applied.error(), testing::Not(HasSubstr("unknown key"))) << text;
    EXPECT_THAT(applied ? "" : applied.error(), testing::Not(HasSubstr("is wanted here"))) << text;
    const std::string_view sentence = sentence_of(key.gap);
    const bool is_harmless = is_one_of(choice, key.harmless);
    if (key.here == Here::kTold && !sentence.empty() && !is_harmless) {
      EXPECT_THAT(gaps_line(config), HasSubstr(sentence)) << text;
    } else if (key.here == Here::kPassed) {
      std::erase_if(config.gaps, [](const GapNote& note) { return note.gap == Gap::kInitContainers; });
      EXPECT_TRUE(config.gaps.empty()) << text;
    }
  }
}

TEST(AzureKeys, WordsAreComparedWithoutTheirCase) {
  EXPECT_TRUE(is_one_of("Auto", "auto|http"));
  EXPECT_TRUE(is_one_of("HTTP", "auto|http"));
  EXPECT_FALSE(is_one_of("aut", "auto|http"));
  EXPECT_FALSE(is_one_of("", "auto|http"));
}

}  // namespace
}  // namespace tenfold::config
