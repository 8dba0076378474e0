#include "config/rules.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "config/cron.hpp"
#include "config/fields.hpp"
#include "config/units.hpp"
#include "core/words.hpp"

namespace tenfold::config {

namespace {

constexpr std::size_t kMaxName = 128;

// The metadata of a rule as its type reads it. The first fault is kept and every later read is empty, so a type's
// reader is the list of what it wants.
class Metadata {
 public:
  explicit Metadata(const RuleText& text) : text_{text} {}

  const std::optional<RuleFault>& fault() const { return fault_; }

  void fail(std::string_view key, std::string what) {
    if (!fault_) fault_ = RuleFault{std::string{key}, std::move(what)};
  }

  // Null where the key is not there.
  const std::string* find(std::string_view key) const {
    const auto at = std::ranges::find(text_.metadata, key, [](const auto& entry) { return entry.first; });
    return at == text_.metadata.end() ? nullptr : &at->second;
  }

  std::string text(std::string_view key) {
    const std::string* value = find(key);
    if (value && !value->empty()) return *value;
    if (value) fail(key, "it is empty");
    if (!value) fail("", fmt::format("the {} rule '{}' needs {} in its metadata", text_.type, text_.name, key));
    return "";
  }

  double number(std::string_view key, std::expected<double, std::string> (*parse)(std::string_view)) {
    const std::string value = text(key);
    if (fault_) return 0;
    const auto parsed = parse(value);
    if (!parsed) fail(key, parsed.error());
    return parsed.value_or(0);
  }

  // `azures`: what KEDA takes beside, with "|" between.
  void expect(std::string_view key, std::string_view wanted, std::string_view azures) {
    const std::string* value = find(key);
    if (!value || *value == wanted || fault_) return;
    if (is_one_of(*value, azures)) {
      fault_ = RuleFault{std::string{key}, fmt::format("{} with {}: {}", text_.type, key, *value), true};
    } else {
      fail(key, fmt::format("'{}' is not supported; {} is the only one", *value, wanted));
    }
  }

 private:
  const RuleText& text_;
  std::optional<RuleFault> fault_;
};

std::expected<double, std::string> above_zero(std::expected<double, std::string> number, std::string_view text) {
  if (number && *number <= 0) return std::unexpected(fmt::format("'{}' is not above zero", text));
  return number;
}

std::expected<double, std::string> parse_target_rate(std::string_view text) {
  return above_zero(parse_rate(text), text);
}

std::expected<double, std::string> parse_target_wait(std::string_view text) {
  const auto wait = parse_duration(text);
  if (!wait) return std::unexpected(wait.error());
  return above_zero(std::chrono::duration<double>{*wait}.count(), text);
}

std::expected<double, std::string> parse_replicas(std::string_view text) {
  const auto count = parse_count(text, 1, core::kMaxReplicas);
  if (!count) return std::unexpected(count.error());
  return *count;
}

std::string url(Metadata& in, std::string_view key) {
  std::string value = in.text(key);
  if (!value.empty() && !value.starts_with("http://") && !value.starts_with("https://"))
    in.fail(key, fmt::format("'{}' is no URL; write http://host:port/path", value));
  return value;
}

void read_concurrent(Metadata& in, Rule& out, std::string_view key) {
  out.rule.target = in.find(key) ? in.number(key, parse_positive) : core::kDefaultConcurrentRequests;
}

void read_http(Metadata& in, Rule& out) { read_concurrent(in, out, "concurrentRequests"); }
void read_tcp(Metadata& in, Rule& out) { read_concurrent(in, out, "concurrentConnections"); }

void read_utilization(Metadata& in, Rule& out) {
  in.expect("type", "Utilization", "AverageValue");
  out.rule.target = in.number("value", parse_positive);
}

// Zero, until `finish` fills it in, where it states none.
void read_rps(Metadata& in, Rule& out) {
  out.rule.target = in.find("target") ? in.number("target", parse_target_rate) : 0;
}
void read_queue_wait(Metadata& in, Rule& out) { out.rule.target = in.number("target", parse_target_wait); }

void read_prometheus(Metadata& in, Rule& out) {
  out.source = PrometheusSource{.server_address = url(in, "serverAddress"), .query = in.text("query")};
  out.rule.target = in.number("threshold", parse_positive);
}

void read_metrics_api(Metadata& in, Rule& out) {
  in.expect("format", "json", "prometheus|xml|yaml");
  out.source = JsonSource{.url = url(in, "url"), .value_location = in.text("valueLocation")};
  out.rule.target = in.number("targetValue", parse_positive);
}

void read_cron(Metadata& in, Rule& out) {
  CronSource cron{.time_zone = in.text("timezone"), .start = in.text("start"), .end = in.text("end")};
  cron.desired_replicas = static_cast<std::uint32_t>(in.number("desiredReplicas", parse_replicas));
  if (in.fault()) return;
  if (const auto fault = find_fault(cron)) in.fail(fault->key, fault->what);
  out.rule.target = 1;
  out.source = std::move(cron);
}

struct RuleType {
  std::string_view name;
  core::RuleKind kind;
  RulePlace place;
  void (*read)(Metadata& in, Rule& out);
  // What its metadata may hold.
  std::vector<std::string_view> keys;
  // And what KEDA reads beside, and we do not.
  std::vector<std::string_view> further = {};
};

using enum core::RuleKind;

const std::array<RuleType, 9>& types() {
  // Of KEDA's further parameters, those are accepted and ignored that change no count of replicas here: what a metric
  // is called, which container is meant, when a service leaves zero. A rule with others is passed over whole: half a
  // rule is another rule.
  static const std::array<RuleType, 9> all{{
      {to_word(kHttp), kHttp, RulePlace::kBuiltIn, read_http, {"concurrentRequests"}},
      {to_word(kTcp), kTcp, RulePlace::kBuiltIn, read_tcp, {"concurrentConnections"}},
      {to_word(kCpu), kCpu, RulePlace::kCustom, read_utilization, {"type", "value", "containerName"}},
      {to_word(kMemory), kMemory, RulePlace::kCustom, read_utilization, {"type", "value", "containerName"}},
      {"prometheus",
       kCustom,
       RulePlace::kCustom,
       read_prometheus,
       {"serverAddress", "query", "threshold", "activationThreshold", "metricName"},
       {"namespace", "authModes", "customHeaders", "customAuthHeader", "customAuthValue", "ignoreNullValues",
        "unsafeSsl", "queryParameters", "timeout", "cortexOrgID", "awsRegion", "identityOwner"}},
      {"metrics-api",
       kCustom,
       RulePlace::kCustom,
       read_metrics_api,
       {"url", "valueLocation", "targetValue", "format", "activationTargetValue", "metricName"},
       {"authMode", "method", "keyParamName", "unsafeSsl", "aggregateFromKubeServiceEndpoints", "aggregationType",
        "timeout"}},
      {"cron", kSchedule, RulePlace::kCustom, read_cron, {"timezone", "start", "end", "desiredReplicas"}},
      {to_word(kRps), kRps, RulePlace::kOurs, read_rps, {"target"}},
      {to_word(kQueueWait), kQueueWait, RulePlace::kOurs, read_queue_wait, {"target"}},
  }};
  return all;
}

const RuleType* find_type(std::string_view name) {
  const auto at = std::ranges::find(types(), name, &RuleType::name);
  return at == types().end() ? nullptr : &*at;
}

// KEDA's scalers, https://keda.sh/docs/scalers, which Azure runs and we do not.
constexpr auto kFurtherScalers = std::to_array<std::string_view>({"activemq",
                                                                  "apache-kafka",
                                                                  "arangodb",
                                                                  "artemis-queue",
                                                                  "aws-cloudwatch",
                                                                  "aws-dynamodb",
                                                                  "aws-dynamodb-streams",
                                                                  "aws-kinesis-stream",
                                                                  "aws-sqs-queue",
                                                                  "azure-app-insights",
                                                                  "azure-blob",
                                                                  "azure-data-explorer",
                                                                  "azure-eventhub",
                                                                  "azure-log-analytics",
                                                                  "azure-monitor",
                                                                  "azure-pipelines",
                                                                  "azure-queue",
                                                                  "azure-servicebus",
                                                                  "beanstalkd",
                                                                  "cassandra",
                                                                  "couchdb",
                                                                  "datadog",
                                                                  "dynatrace",
                                                                  "elasticsearch",
                                                                  "etcd",
                                                                  "external",
                                                                  "external-push",
                                                                  "gcp-cloudtasks",
                                                                  "gcp-pubsub",
                                                                  "gcp-stackdriver",
                                                                  "gcp-storage",
                                                                  "github-runner",
                                                                  "graphite",
                                                                  "huawei-cloudeye",
                                                                  "ibmmq",
                                                                  "influxdb",
                                                                  "kafka",
                                                                  "kubernetes-workload",
                                                                  "liiklus",
                                                                  "loki",
                                                                  "mongodb",
                                                                  "mssql",
                                                                  "mysql",
                                                                  "nats-jetstream",
                                                                  "new-relic",
                                                                  "nsq",
                                                                  "openstack-metric",
                                                                  "openstack-swift",
                                                                  "postgresql",
                                                                  "predictkube",
                                                                  "pulsar",
                                                                  "rabbitmq",
                                                                  "redis",
                                                                  "redis-cluster",
                                                                  "redis-cluster-streams",
                                                                  "redis-sentinel",
                                                                  "redis-sentinel-streams",
                                                                  "redis-streams",
                                                                  "selenium-grid",
                                                                  "solace-event-queue",
                                                                  "solarwinds",
                                                                  "solr",
                                                                  "splunk",
                                                                  "splunk-observability",
                                                                  "stan",
                                                                  "sumologic",
                                                                  "temporal"});

// A type that is near none of those that are known is one of KEDA's that came later.
RuleFault unknown_type(std::string_view name) {
  std::vector<std::string_view> known;
  for (const RuleType& type : types()) known.push_back(type.name);
  const std::vector<std::string_view> ours = known;
  known.insert(known.end(), kFurtherScalers.begin(), kFurtherScalers.end());
  const bool is_further = std::ranges::find(kFurtherScalers, name) != kFurtherScalers.end();
  if (is_further || nearest(name, known).empty()) return {"type", std::string{name}, true};
  return {"type", unknown_word("rule type", name, nearest(name, ours).empty() ? known : ours)};
}

std::string check_name(std::string_view name) {
  if (name.empty()) return "a scale rule needs a name";
  const bool is_printable = std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) >= ' '; });
  if (name.size() > kMaxName || !is_printable)
    return fmt::format("a rule's name is one line of at most {} bytes", kMaxName);
  return "";
}

std::optional<RuleFault> check_keys(const RuleText& text, const RuleType& type) {
  std::vector<std::string_view> seen;
  for (const auto& [key, value] : text.metadata) {
    if (std::ranges::find(type.further, key) != type.further.end())
      return RuleFault{key, fmt::format("{} with {}", type.name, key), true};
    if (std::ranges::find(type.keys, key) == type.keys.end())
      return RuleFault{key, unknown_word(fmt::format("{} parameter", type.name), key, type.keys)};
    if (std::ranges::find(seen, key) != seen.end()) return RuleFault{key, "it is given twice"};
    seen.push_back(key);
  }
  return std::nullopt;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct SourceText {
  const core::ScaleRule& rule;

  std::pair<std::string_view, Pairs> operator()(const JsonSource& source) const {
    return {
        "metrics-api",
        {{"url", source.url}, {"valueLocation", source.value_location}, {"targetValue", target()}, {"format", "json"}}};
  }
  std::pair<std::string_view, Pairs> operator()(const PrometheusSource& source) const {
    return {"prometheus", {{"serverAddress", source.server_address}, {"query", source.query}, {"threshold", target()}}};
  }
  std::pair<std::string_view, Pairs> operator()(const CronSource& source) const {
    return {"cron",
            {{"timezone", source.time_zone},
             {"start", source.start},
             {"end", source.end},
             {"desiredReplicas", fmt::format("{}", source.desired_replicas)}}};
  }
  std::string target() const { return fmt::format("{}", rule.target); }
};

Pairs target_text(const core::ScaleRule& rule) {
  const std::string target = fmt::format("{}", rule.target);
  switch (rule.kind) {
    case kHttp:
      return {{"concurrentRequests", target}};
    case kTcp:
      return {{"concurrentConnections", target}};
    case kCpu:
    case kMemory:
      return {{"type", "Utilization"}, {"value", target}};
    case kQueueWait:
      return {{"target", target + "s"}};
    case kRps:
    case kCustom:
    case kSchedule:
      break;
  }
  return {{"target", target}};
}

}  // namespace

std::optional<RulePlace> place_of(std::string_view type) {
  const RuleType* known = find_type(type);
  return known ? std::optional{known->place} : std::nullopt;
}

std::vector<std::string_view> rule_types(RulePlace place) {
  std::vector<std::string_view> names;
  for (const RuleType& type : types()) {
    if (type.place == place) names.push_back(type.name);
  }
  return names;
}

std::expected<Rule, RuleFault> make_rule(const RuleText& text) {
  if (std::string what = check_name(text.name); !what.empty()) return std::unexpected(RuleFault{"name", what});
  const RuleType* type = find_type(text.type);
  if (!type) return std::unexpected(unknown_type(text.type));
  if (auto fault = check_keys(text, *type)) return std::unexpected(*fault);
  Metadata metadata{text};
  Rule rule{.rule = {.name = text.name, .kind = type->kind}};
  type->read(metadata, rule);
  if (metadata.fault()) return std::unexpected(*metadata.fault());
  return rule;
}

RuleText rule_text(const core::ScaleRule& rule, const Source* source) {
  if (source) {
    auto [type, metadata] = std::visit(SourceText{rule}, *source);
    return {.name = rule.name, .type = std::string{type}, .metadata = std::move(metadata)};
  }
  const auto type = std::ranges::find(types(), rule.kind, &RuleType::kind);
  return {.name = rule.name, .type = std::string{type->name}, .metadata = target_text(rule)};
}

}  // namespace tenfold::config
