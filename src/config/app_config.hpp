// What `tenfold up` runs: an app's command, its limits and the core's settings, from a file and from flags.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/prices.hpp"
#include "config/address_range.hpp"
#include "config/azure_keys.hpp"
#include "config/document.hpp"
#include "config/isolation.hpp"
#include "core/ids.hpp"
#include "core/settings.hpp"
#include "core/time.hpp"

namespace tenfold::config {

// Where the value of a custom or schedule rule comes from.
struct JsonSource {  // KEDA's metrics-api scaler: a number in a JSON document
  std::string url;
  std::string value_location;  // "queue.depth", "jobs[0].waiting"; also written as a JSON pointer, "/queue/depth"
};
struct PrometheusSource {  // KEDA's prometheus scaler: the value of an instant query
  std::string server_address;
  std::string query;
};
struct CronSource {       // KEDA's cron scaler: `desired_replicas` from each match of `start` to the next of `end`
  std::string time_zone;  // of the IANA database, e.g. Europe/Berlin
  std::string start;
  std::string end;
  std::uint32_t desired_replicas = 0;
};
struct MetricSource {
  // The rule that it feeds, its place in core.scale.rules.
  std::uint32_t rule = 0;
  std::variant<JsonSource, PrometheusSource, CronSource> from;
  core::Duration timeout = std::chrono::seconds{3};
};

// A scale rule as people write it, before it is checked: see config/rules.hpp.
struct RuleText {
  std::string name;
  // http, tcp, cpu, memory, rps, queueWait, prometheus, metrics-api, cron.
  std::string type;
  std::vector<std::pair<std::string, std::string>> metadata;
  friend bool operator==(const RuleText&, const RuleText&) = default;
};

// A container's health probe, with Kubernetes' defaults.
struct Probe {
  enum class Type : std::uint8_t { kStartup, kReadiness, kLiveness };
  Type type = Type::kReadiness;
  // What a GET asks for, answered 200 to 399; empty: that a connection is accepted.
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;
  // The container's, on Azure; 0 if none was said. Here each replica is asked where it serves.
  std::uint16_t port = 0;
  core::Duration initial_delay{};
  core::Duration period = std::chrono::seconds{10};
  core::Duration timeout = std::chrono::seconds{1};
  std::uint32_t failure_threshold = 3;
  std::uint32_t success_threshold = 1;
  friend bool operator==(const Probe&, const Probe&) = default;
};

// How long journals under the default root are kept; zero is no bound.
struct JournalKeep {
  core::Duration age = std::chrono::days{7};
  core::Bytes size = core::mebibytes(1024);
  friend bool operator==(const JournalKeep&, const JournalKeep&) = default;
};

// What is said while a service runs.
enum class LogLevel : std::uint8_t { kError, kWarning, kInfo };
enum class LogFormat : std::uint8_t { kText, kJson };

// By what the limits of a replica are kept: control groups where they can be made and else what holds for each process,
// the latter always, or nothing.
enum class LimitMode : std::uint8_t { kAuto, kProcess, kOff };

// How a replica is started: by running its program, by forking a process that has run it already (a zygote), or by the
// latter where the program can do it. kSocket runs the program with its listening socket open, as systemd does.
enum class ReplicaStart : std::uint8_t { kAuto, kExec, kZygote, kSocket };

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  // A file that gets a line for each request, "-" for the standard output, or empty for none.
  std::string access;
  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

// Where spans of requests go, and of how many.
struct TraceSettings {
  // The URL of a collector that takes OTLP over HTTP, "none", or empty: what the environment says.
  std::string endpoint;
  // The share of traces that are recorded where the client has not decided; nothing: what the environment says, else
  // all.
  std::optional<double> sample;
  friend bool operator==(const TraceSettings&, const TraceSettings&) = default;
};

using Variables = std::vector<std::pair<std::string, std::string>>;

// A secret, or where `resolve_secrets` finds it.
struct Secret {
  enum class Source : std::uint8_t { kValue, kFile, kEnvironment };
  std::string name;
  Source source = Source::kValue;
  std::string text;  // the value, or the file's path
  friend bool operator==(const Secret&, const Secret&) = default;
};

// As many as a replica may have, of all kinds.
inline constexpr std::size_t kMaxContainers = 32;

// A container beside the one that serves: its program and what is set for it.
struct Container {
  std::string name;
  std::vector<std::string> command;
  Variables env;
  // Variables and the secrets that they are set to.
  Variables secret_env;
  friend bool operator==(const Container&, const Container&) = default;
};

// Something of a file that is done otherwise than on Azure, as a sentence.
struct GapNote {
  Gap gap = Gap::kNone;
  std::string words;
  friend auto operator<=>(const GapNote&, const GapNote&) = default;
};

struct AppConfig {
  // What the app is called, if it was said: see config/app_name.hpp.
  std::string name;
  // The replicas' program; empty for the built-in solver.
  std::vector<std::string> command;
  // The Python app that is run in its place, MODULE:APP; empty for none.
  std::string python;
  // The container image that a file names. It is not run here: then `command` must say what is.
  std::string image;
  Variables env;
  // Variables and the secrets that `resolve_secrets` sets them to.
  Variables secret_env;
  // The last one of a name counts.
  std::vector<Secret> secrets;
  // Those that have a command: one whose file names an image alone is a gap.
  std::vector<Container> init_containers;
  std::vector<Container> sidecars;
  // At most one of each type.
  std::vector<Probe> probes;
  // Where the container listens on Azure; 0 if it was not said. A replica here has a port of its own.
  std::uint16_t target_port = 0;

  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string admin_address = "127.0.0.1";
  std::uint16_t admin_port = 9900;
  // Names by which the admin API may be asked, beside localhost and addresses.
  std::vector<std::string> admin_hosts;
  // The file of the token that the admin API asks for; empty for none.
  std::string admin_token_file;
  // Proxies before us, whose Forwarded and X-Forwarded-* are believed.
  std::vector<AddressRange> trusted_proxies;

  // The policy of an app that names none is ours; Azure's own is `--policy aca`.
  core::Settings core{.scale = {.policy = core::PolicyKind::kSlo}};
  // The file as it was read, without nulls, and its name; null for none.
  Node document;
  std::string document_name;
  // Keys of the file that a flag went over.
  std::vector<std::string_view> overridden;
  // What the file asks for and `up` does otherwise: see config/gaps.hpp.
  std::vector<GapNote> gaps;
  // Whether a file described a template of Azure's.
  bool has_template = false;
  // Whether core.scale.min_replicas was stated; else it is at most max_replicas.
  bool has_min_replicas = false;
  // Whether core.machine.cores was stated; else `up` takes what its machine has.
  bool has_cores = false;
  // Whether core.replica.cpu and .memory were stated: then they are limits.
  bool has_cpu = false;
  bool has_memory = false;
  LimitMode limits = LimitMode::kAuto;
  Isolation isolation;
  ReplicaStart start = ReplicaStart::kAuto;
  // Whether core.replica.start_timeout was stated; else a startup probe says how long a start may take.
  bool has_start_timeout = false;
  // What feeds the custom and schedule rules of `core.scale.rules`, in their order.
  std::vector<MetricSource> metric_sources;
  // Of all polled rules; `finish` copies them to the rules and their sources.
  core::Duration metric_timeout = std::chrono::seconds{3};
  core::Duration metric_keep = std::chrono::seconds{120};
  // What the --scale-rule flags say, until `finish` makes it a rule.
  std::optional<RuleText> flag_rule;
  // The request header that names a request's class, beside its path; empty for none.
  std::string class_by;
  // For what `simulate`, `tune` and `explain` say that a run costs; nothing: Azure's.
  std::optional<Prices> prices;

  core::Duration request_timeout = std::chrono::seconds{240};
  // At the end: how long connections are still taken, though the service says that it is not ready.
  core::Duration lame_duck{};
  bool is_retry_safe = false;
  core::Bytes max_head = core::kibibytes(32);
  core::Bytes max_body = core::mebibytes(64);
  core::Bytes max_answer_head = core::kibibytes(32);
  core::Bytes buffer_memory = core::mebibytes(64);
  core::Bytes spool_disk = core::gibibytes(1);

  // A directory, "none", or empty for a new one under the default root.
  std::string journal;
  JournalKeep journal_keep;
  LogSettings log;
  TraceSettings traces;
};

// One setting: a flag of `up`, a key of the file, or both. The one table of them serves flags, file and help, and
// writes files.
struct Setting {
  std::string_view flag;  // without dashes; empty if only the file has it
  std::string_view key;   // dotted path in the file; empty if only the command line has it
  std::string_view value_name;
  std::string_view help;
  std::expected<void, std::string> (*apply)(AppConfig& config, std::string_view text);
  // The value as `apply` reads it, empty for none; null for what a file says in another way.
  std::string (*show)(const AppConfig& config);
  // The heading in the help.
  std::string_view group = {};
  // Each use of the flag adds to those before it, instead of replacing them.
  bool is_repeatable = false;
  // In a file each is a map, which `apply` gets as "key=value,key=value" and `show` writes so, several with "; ".
  bool takes_maps = false;
};
std::span<const Setting> settings();

// Applies what a flag says, over the file's.
std::expected<void, std::string> apply_flag(AppConfig& config, const Setting& setting, std::string_view text);

// Applies a file's YAML or JSON. `name` is the file's, for errors: all that is wrong, a line each, with file, line,
// key, and the nearest key that is known.
std::expected<void, std::string> apply_yaml(AppConfig& config, std::string_view text, std::string_view name);
std::expected<void, std::string> apply_file(AppConfig& config, const std::filesystem::path& file);
// The file's text.
std::expected<std::string, std::string> read_file(const std::filesystem::path& file);

// What no single setting can say: checked when all are in, each fault with its line where the file states it. Adds the
// rule that flags state, puts the rules in the order in which a file holds them, and fills in what `auto` stands for.
std::expected<void, std::string> finish(AppConfig& config);

// Whether there is a program to run: a file may name an image alone, which is enough to simulate and no more.
std::expected<void, std::string> check_runnable(const AppConfig& config);

}  // namespace tenfold::config
