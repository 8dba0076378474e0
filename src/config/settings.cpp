// The one table of settings: how an app is served, its requests, its replicas and their prices.
#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/fields.hpp"
#include "config/probes.hpp"
#include "config/secrets.hpp"
#include "config/tables.hpp"

namespace tenfold::config {

namespace {

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

struct Orders {
  static constexpr std::string_view kWhat = "order";
  static constexpr auto kAll = std::to_array<std::pair<std::string_view, core::QueueOrder>>(
      {{"fifo", core::QueueOrder::kFifo}, {"shortest", core::QueueOrder::kShortest}});
};

struct CancelModes {
  static constexpr std::string_view kWhat = "way to cancel";
  static constexpr auto kAll = std::to_array<std::pair<std::string_view, core::CancelMode>>(
      {{"none", core::CancelMode::kNone}, {"close", core::CancelMode::kClose}, {"kill", core::CancelMode::kKill}});
};

struct Retries {
  static constexpr std::string_view kWhat = "retry";
  static constexpr auto kAll = std::to_array<std::pair<std::string_view, bool>>({{"auto", false}, {"safe", true}});
};

struct LogLevels {
  static constexpr std::string_view kWhat = "log level";
  static constexpr auto kAll = std::to_array<std::pair<std::string_view, LogLevel>>(
      {{"error", LogLevel::kError}, {"warning", LogLevel::kWarning}, {"info", LogLevel::kInfo}});
};

struct LogFormats {
  static constexpr std::string_view kWhat = "log format";
  static constexpr auto kAll =
      std::to_array<std::pair<std::string_view, LogFormat>>({{"text", LogFormat::kText}, {"json", LogFormat::kJson}});
};

struct LimitModes {
  static constexpr std::string_view kWhat = "way of keeping limits";
  static constexpr auto kAll = std::to_array<std::pair<std::string_view, LimitMode>>(
      {{"auto", LimitMode::kAuto}, {"process", LimitMode::kProcess}, {"off", LimitMode::kOff}});
};

struct ReplicaStarts {
  static constexpr std::string_view kWhat = "way of starting replicas";
  static constexpr auto kAll =
      std::to_array<std::pair<std::string_view, ReplicaStart>>({{"auto", ReplicaStart::kAuto},
                                                                {"exec", ReplicaStart::kExec},
                                                                {"zygote", ReplicaStart::kZygote},
                                                                {"socket", ReplicaStart::kSocket}});
};

struct Parts {
  static Applied read(Isolation& member, std::string_view text) { return store(member, parse_isolation(text)); }
  static std::string write(const Isolation& member) { return format_isolation(member); }
};

struct Header {
  static Applied read(std::string& member, std::string_view text) {
    constexpr std::string_view kToken = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";
    if (text.empty() || text.find_first_not_of(kToken) != std::string_view::npos)
      return std::unexpected(fmt::format("'{}' is no name of a header; write X-Model", text));
    return Text::read(member, text);
  }
  static std::string write(const std::string& member) { return member; }
};

// The module and the app in it, each of names with dots between them. The latter may be left out.
struct PythonApp {
  static Applied read(std::string& member, std::string_view text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string_view module = text.substr(0, colon);
    const bool is_app_right = colon == text.size() || is_path(text.substr(colon + 1));
    if (!is_path(module) || module.ends_with(".py") || !is_app_right)
      return std::unexpected(fmt::format("'{}' is no app of a Python module; write app:app for `app` in app.py", text));
    return Text::read(member, text);
  }
  static std::string write(const std::string& member) { return member; }

 private:
  static bool is_path(std::string_view names) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto is_part = [&](char c) {
      const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
      return is_letter || is_digit(c);
    };
    const auto is_name = [&](std::string_view name) {
      return !name.empty() && !is_digit(name.front()) && std::ranges::all_of(name, is_part);
    };
    for (std::size_t dot = names.find('.'); dot != std::string_view::npos; dot = names.find('.')) {
      if (!is_name(names.substr(0, dot))) return false;
      names.remove_prefix(dot + 1);
    }
    return is_name(names);
  }
};

Applied apply_concurrency(AppConfig& config, std::string_view text) {
  core::ReplicaSettings& replica = config.core.replica;
  if (text != "auto") {
    auto parsed = store(replica.concurrency, parse_count(text, 1, core::kMaxConcurrency));
    if (!parsed) return std::unexpected(fmt::format("{}, nor auto", parsed.error()));
  }
  replica.is_concurrency_auto = text == "auto";
  return {};
}

std::string show_concurrency(const AppConfig& config) {
  const core::ReplicaSettings& replica = config.core.replica;
  return replica.is_concurrency_auto ? "auto" : fmt::format("{}", replica.concurrency);
}

// A list in a file, or several with commas between them: the first of them, taken off `text`.
std::string_view take_one(std::string_view& text) {
  const std::size_t comma = std::min(text.find(','), text.size());
  std::string_view one = text.substr(0, comma);
  text.remove_prefix(std::min(comma + 1, text.size()));
  while (one.starts_with(' ')) one.remove_prefix(1);
  while (one.ends_with(' ')) one.remove_suffix(1);
  return one;
}

Applied apply_trusted_proxies(AppConfig& config, std::string_view text) {
  while (!text.empty()) {
    auto range = AddressRange::parse(take_one(text));
    if (!range) return std::unexpected(range.error());
    config.trusted_proxies.push_back(std::move(*range));
  }
  return {};
}

Applied apply_admin_hosts(AppConfig& config, std::string_view text) {
  while (!text.empty()) {
    const std::string_view name = take_one(text);
    if (name.empty() || name.find_first_of(" /:@[]") != std::string_view::npos)
      return std::unexpected(fmt::format("'{}' is no name of a host; write tenfold.example", name));
    config.admin_hosts.emplace_back(name);
  }
  return {};
}

std::string show_admin_hosts(const AppConfig& config) { return fmt::format("{}", fmt::join(config.admin_hosts, ", ")); }

std::string show_trusted_proxies(const AppConfig& config) {
  std::string all;
  for (const AddressRange& range : config.trusted_proxies) all += (all.empty() ? "" : ", ") + range.text();
  return all;
}

using ReplicaCpu = Above0<10'000>;

Applied apply_cpu(AppConfig& config, std::string_view text) {
  config.has_cpu = true;
  return ReplicaCpu::read(config.core.replica.cpu, text);
}

Applied apply_memory(AppConfig& config, std::string_view text) {
  config.has_memory = true;
  return Size::read(config.core.replica.memory, text);
}

Applied apply_trace_sample(AppConfig& config, std::string_view text) {
  return store(config.traces.sample, parse_number(text, 0, 1));
}

std::string show_trace_sample(const AppConfig& config) {
  return config.traces.sample ? format_number(*config.traces.sample) : "";
}

Applied apply_cores(AppConfig& config, std::string_view text) {
  config.has_cores = true;
  return Number<0, 100'000>::read(config.core.machine.cores, text);
}

using MinReplicas = Count<0, core::kMaxReplicas>;

Applied apply_min_replicas(AppConfig& config, std::string_view text) {
  config.has_min_replicas = true;
  return MinReplicas::read(config.core.scale.min_replicas, text);
}

using StartTimeout = Time<1, kDayMs>;

Applied apply_start_timeout(AppConfig& config, std::string_view text) {
  config.has_start_timeout = true;
  return StartTimeout::read(config.core.replica.start_timeout, text);
}

std::string show_cores(const AppConfig& config) {
  const bool is_stated = config.has_cores || config.core.machine.cores > 0;
  return is_stated ? fmt::format("{}", config.core.machine.cores) : "";
}

// Small as prices are, without an exponent.
std::string format_price(double price) {
  std::string text = fmt::format("{:.12f}", price);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return parse_number(text, 0, 1e9) == price ? text : format_number(price);
}

// A price: stating one of them states them all, the others at their defaults.
template <double Prices::* member>
constexpr Setting price(std::string_view flag, std::string_view key, std::string_view help,
                        std::string_view value_name = "PRICE") {
  return {.flag = flag,
          .key = key,
          .value_name = value_name,
          .help = help,
          .apply = [](AppConfig& config, std::string_view text) -> Applied {
            auto parsed = parse_number(text, 0, 1e9);
            if (!parsed) return std::unexpected(parsed.error());
            if (!config.prices) config.prices.emplace();
            (*config.prices).*member = *parsed;
            return {};
          },
          .show = [](const AppConfig& config) { return format_price(config.prices.value_or(Prices{}).*member); }};
}

Applied apply_currency(AppConfig& config, std::string_view text) {
  if (text.empty() || text.size() > 16) return std::unexpected(fmt::format("'{}' is no currency; write USD", text));
  if (!config.prices) config.prices.emplace();
  config.prices->currency = text;
  return {};
}

struct Grants {
  static constexpr std::string_view kWhat = "free grant";
  static constexpr auto kAll = std::to_array<std::pair<std::string_view, FreeGrants>>(
      {{"none", FreeGrants::kNone}, {"azure", FreeGrants::kAzure}});
};

Applied apply_free_grants(AppConfig& config, std::string_view text) {
  if (!config.prices) config.prices.emplace();
  return Word<Grants>::read(config.prices->free_grants, text);
}

std::string show_free_grants(const AppConfig& config) {
  return Word<Grants>::write(config.prices.value_or(Prices{}).free_grants);
}

std::string show_currency(const AppConfig& config) { return config.prices.value_or(Prices{}).currency; }

// "7d,1GiB", one of both alone, or "all".
struct Keep {
  static Applied read(JournalKeep& member, std::string_view text) {
    JournalKeep keep{.age = {}, .size = {}};
    for (std::string_view rest = text == "all" ? "" : text; !rest.empty();) {
      const std::size_t end = std::min(rest.find_first_of(",|"), rest.size());
      if (!read_part(keep, rest.substr(0, end))) {
        return std::unexpected(fmt::format("'{}' is no time or size to keep; write 7d,1GiB or all", text));
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (text.empty()) return std::unexpected("it is empty; write 7d,1GiB or all");
    member = keep;
    return {};
  }
  static std::string write(const JournalKeep& keep) {
    std::string text = keep.age > core::Duration::zero() ? format_age(keep.age) : "";
    if (core::to_number(keep.size) > 0) text += (text.empty() ? "" : ",") + format_size(keep.size);
    return text.empty() ? "all" : text;
  }

 private:
  static std::string format_age(core::Duration age) {
    const auto days = std::chrono::duration_cast<std::chrono::days>(age);
    return days == age ? fmt::format("{}d", days.count()) : format_duration(age);
  }
  static bool read_part(JournalKeep& keep, std::string_view part) {
    if (const auto age = parse_duration(part); age && *age > core::Duration::zero()) {
      keep.age = *age;
      return true;
    }
    const auto size = parse_size(part);
    if (!size || core::to_number(*size) == 0) return false;
    keep.size = *size;
    return true;
  }
};

const auto kServing = std::to_array<Setting>({
    field<Text>("name", "tenfold.name", "NAME", "what metrics call the app [the file's `name`, else the program's]",
                TENFOLD_FIELD(name)),
    field<Count<0, 65535>>("port", "tenfold.port", "PORT", "where clients go; 0 takes a free port and prints it",
                           TENFOLD_FIELD(port)),
    field<Text>("address", "tenfold.address", "IP", "the address to listen on", TENFOLD_FIELD(address)),
    field<Count<0, 65535>>("admin-port", "tenfold.adminPort", "PORT",
                           "the live page, status, health and metrics; 0 takes a free port", TENFOLD_FIELD(admin_port)),
    field<Text>("admin-address", "tenfold.adminAddress", "IP",
                "where the admin port listens; beyond this machine only with --admin-token-file",
                TENFOLD_FIELD(admin_address)),
    {.flag = "admin-host",
     .key = "tenfold.adminHosts",
     .value_name = "NAMES",
     .help = "names by which the admin port may be asked, beside localhost and addresses; with commas between them",
     .apply = apply_admin_hosts,
     .show = show_admin_hosts,
     .is_repeatable = true},
    field<Text>("admin-token-file", "tenfold.adminTokenFile", "FILE",
                "a file with the token that the admin port asks for (Authorization: Bearer), but for health",
                TENFOLD_FIELD(admin_token_file)),
    {.flag = "trusted-proxies",
     .key = "tenfold.trustedProxies",
     .value_name = "ADDRESSES",
     .help = "proxies whose Forwarded and X-Forwarded-* are believed: addresses and blocks such as 10.0.0.0/8",
     .apply = apply_trusted_proxies,
     .show = show_trusted_proxies,
     .is_repeatable = true},
    {.flag = "env",
     .value_name = "NAME=VALUE",
     .help = "set for the replicas, to a secret with NAME=secretref:SECRET; may be given more than once",
     .apply = apply_env,
     .is_repeatable = true},
    {.flag = "secret",
     .value_name = "NAME=@FILE|NAME|NAME=VALUE",
     .help = "the value of a secret that a variable's secretRef names: what a file holds, without a line break at its "
             "end; of the environment; as it stands there. May be given more than once",
     .apply = apply_secret,
     .is_repeatable = true},
    field<Size>("max-body", "tenfold.limits.body", "SIZE", "a larger request is answered 413", TENFOLD_FIELD(max_body)),
    field<Size>("max-head", "tenfold.limits.head", "SIZE", "a request with a larger head is answered 431",
                TENFOLD_FIELD(max_head)),
    field<Size>("max-answer-head", "tenfold.limits.answerHead", "SIZE",
                "a replica whose answer has a larger head is not understood: its client gets 502",
                TENFOLD_FIELD(max_answer_head)),
    field<Size>("buffer-memory", "tenfold.limits.bufferMemory", "SIZE",
                "what large bodies may take of memory, all together; beyond that they go to a file",
                TENFOLD_FIELD(buffer_memory)),
    field<Size>("spool-disk", "tenfold.limits.spoolDisk", "SIZE",
                "what large bodies may take of the disk under $TMPDIR, or /var/tmp, all together",
                TENFOLD_FIELD(spool_disk)),
    field<Text>("journal", "tenfold.journal", "DIR|none",
                "where to record all that happens; a directory is one service's at a time "
                "[a new directory under ~/.local/state/tenfold/journal]",
                TENFOLD_FIELD(journal)),
    field<Keep>("journal-keep", "tenfold.journalKeep", "TIME,SIZE",
                "how long, and how much, of the journals of services that ended is kept there; one of them, or `all`",
                TENFOLD_FIELD(journal_keep)),
    field<Word<LogLevels>>("log-level", "tenfold.log.level", "error|warning|info", "what Tenfold says of itself",
                           TENFOLD_FIELD(log.level)),
    field<Word<LogFormats>>("log-format", "tenfold.log.format", "text|json",
                            "how: sentences, or a JSON object a line; the access log likewise",
                            TENFOLD_FIELD(log.format)),
    field<Text>("access-log", "tenfold.log.access", "FILE|-",
                "a line for each request: status, path, where its time went, its replica and why; - is the standard "
                "output [none]",
                TENFOLD_FIELD(log.access)),
    field<Text>("otlp-endpoint", "tenfold.traces.endpoint", "URL|none",
                "where traces go: a collector that takes OTLP over HTTP, as http://127.0.0.1:4318 "
                "[$OTEL_EXPORTER_OTLP_ENDPOINT, else none]",
                TENFOLD_FIELD(traces.endpoint)),
    {.flag = "trace-sample",
     .key = "tenfold.traces.sample",
     .value_name = "SHARE",
     .help = "of the traces that no client has decided about, the share that is recorded, 0 to 1 "
             "[$OTEL_TRACES_SAMPLER, else 1]",
     .apply = apply_trace_sample,
     .show = show_trace_sample},
});

const auto kRequests = std::to_array<Setting>({
    field<Count<0, core::kMaxQueue>>("queue", "tenfold.queue.maxWaiting", "N",
                                     "requests that may wait; the next one is answered 503",
                                     TENFOLD_FIELD(core.queue.max_waiting)),
    field<Word<Orders>>("queue-order", "tenfold.queue.order", "fifo|shortest",
                        "which of those that wait is next: the first, or the one that is expected to take least",
                        TENFOLD_FIELD(core.queue.order)),
    field<Above0<1'000'000>>("queue-aging", "tenfold.queue.aging", "NUMBER",
                             "of shortest: a second of waiting counts as much as this many of expected work",
                             TENFOLD_FIELD(core.queue.aging)),
    field<Header>("class-by", "tenfold.queue.classBy", "HEADER",
                  "the header that, beside the path, says which requests take alike long", TENFOLD_FIELD(class_by)),
    field<Time<1, 366 * kDayMs>>(
        "timeout", "tenfold.timeout", "TIME",
        "from a request's arrival to its answer, or to the end of a connection that it upgraded; then 504",
        TENFOLD_FIELD(request_timeout)),
    field<Word<Retries>>(
        "retry", "tenfold.retry", "safe|auto",
        "safe: any request may be run twice; auto: idempotent methods and those with an Idempotency-Key",
        TENFOLD_FIELD(is_retry_safe)),
});

const auto kReplicas = std::to_array<Setting>({
    field<PythonApp>("python", "tenfold.python", "MODULE:APP",
                     "what a replica is: a Python app, ASGI or WSGI, imported once and forked for each replica",
                     TENFOLD_FIELD(python)),
    {.flag = "min-replicas",
     .key = "properties.template.scale.minReplicas",
     .value_name = "N",
     .help = "replicas that are always there; without it no more than max replicas",
     .apply = apply_min_replicas,
     .show = [](const AppConfig& config) { return MinReplicas::write(config.core.scale.min_replicas); }},
    field<Count<1, core::kMaxReplicas>>("max-replicas", "properties.template.scale.maxReplicas", "N",
                                        "replicas at most", TENFOLD_FIELD(core.scale.max_replicas)),
    field<Count<0, core::kMaxReplicas>>(
        "warm", "tenfold.warm", "N",
        "replicas that are kept started and ready beside those that are wanted, within max",
        TENFOLD_FIELD(core.scale.warm)),
    {.flag = "concurrency",
     .key = "tenfold.concurrency",
     .value_name = "N|auto",
     .help = "requests that a replica works on at a time; auto: as many as keep its CPU busy",
     .apply = apply_concurrency,
     .show = show_concurrency},
    {.flag = "cpu",
     .key = "properties.template.containers[].resources.cpu",
     .value_name = "CPUS",
     .help = "CPUs of a replica: a limit, if it is stated",
     .apply = apply_cpu,
     .show = [](const AppConfig& config) { return ReplicaCpu::write(config.core.replica.cpu); }},
    {.flag = "memory",
     .key = "properties.template.containers[].resources.memory",
     .value_name = "SIZE",
     .help = "memory of a replica: a limit, if it is stated",
     .apply = apply_memory,
     .show = [](const AppConfig& config) { return Size::write(config.core.replica.memory); }},
    field<Word<LimitModes>>("replica-limits", "tenfold.limits.replica", "auto|process|off",
                            "how they are kept: by control groups where these can be made; for each process; not",
                            TENFOLD_FIELD(limits)),
    field<Parts>(
        "isolation", "tenfold.isolation", "auto|off|strict|PARTS",
        "what keeps a replica apart from its machine: auto is what can be had; parts that are named must be: "
        "privileges, capabilities, syscalls, processes, sockets, tmp, admin, environment; no-tmp leaves one out",
        TENFOLD_FIELD(isolation)),
    field<Word<ReplicaStarts>>("start", "tenfold.start", "auto|exec|zygote|socket",
                               "how a replica starts: by running its program, by forking one process that has begun "
                               "already; auto: the latter where the program can; socket: its program gets its "
                               "listening socket as descriptor 3, as from systemd",
                               TENFOLD_FIELD(start)),
    {.flag = "cores",
     .key = "tenfold.cores",
     .value_name = "CPUS",
     .help = "CPUs that all replicas share; 0: no limit [up: the machine's; simulate, tune: 0]",
     .apply = apply_cores,
     .show = show_cores},
    // The same as `grace`, which is read after it and goes over it: a file that we write says that.
    {.key = "properties.template.terminationGracePeriodSeconds",
     .value_name = "SECONDS",
     .apply = [](AppConfig& config,
                 std::string_view text) { return Seconds<0, 86'400>::read(config.core.replica.grace, text); }},
    field<Time<0, kDayMs>>(
        "grace", "tenfold.grace", "TIME",
        "at shutdown, how long requests may take to finish; how long a replica may take from SIGTERM to its end",
        TENFOLD_FIELD(core.replica.grace)),
    field<Time<0, kDayMs>>("lame-duck", "tenfold.lameDuck", "TIME",
                           "at shutdown, how long connections are still taken while /readyz says 503, for balancers "
                           "that have not heard yet",
                           TENFOLD_FIELD(lame_duck)),
    field<Word<CancelModes>>("cancel", "tenfold.cancel", "none|close|kill",
                             "what ends a request that nobody waits for, where the program does not say that it does: "
                             "nothing, closing its connection, killing its replica",
                             TENFOLD_FIELD(core.replica.cancel)),
    field<Time<0, kDayMs>>("cancel-grace", "tenfold.cancelGrace", "TIME",
                           "how long a replica may take to end such a request; then it is replaced",
                           TENFOLD_FIELD(core.replica.cancel_grace)),
    {.flag = "start-timeout",
     .key = "tenfold.startTimeout",
     .value_name = "TIME",
     .help = "from a replica's start until it must be ready",
     .apply = apply_start_timeout,
     .show = [](const AppConfig& config) { return StartTimeout::write(config.core.replica.start_timeout); }},
    {.flag = "readiness-path",
     .value_name = "PATH",
     .help = "a replica is ready when it answers a GET of this with 200 to 399; else when it accepts a connection",
     .apply = apply_readiness_path},
    field<Count<0, 65'535>>(
        "target-port", "properties.configuration.ingress.targetPort", "PORT",
        "where the container listens on Azure; here each replica gets a $PORT of its own; 0: not said",
        TENFOLD_FIELD(target_port)),
});

const auto kPrices = std::to_array<Setting>({
    {.flag = "price-currency",
     .key = "tenfold.prices.currency",
     .value_name = "NAME",
     .help = "what the prices are in",
     .apply = apply_currency,
     .show = show_currency},
    price<&Prices::vcpu_second_active>("price-vcpu-second-active", "tenfold.prices.vcpuSecondActive",
                                       "a second of a CPU of a replica that works"),
    price<&Prices::vcpu_second_idle>("price-vcpu-second-idle", "tenfold.prices.vcpuSecondIdle",
                                     "a second of a CPU of a replica that is idle"),
    price<&Prices::gib_second>("price-gib-second", "tenfold.prices.gibSecond", "a second of a GiB of memory"),
    price<&Prices::request>("price-request", "tenfold.prices.request", "a request"),
    {.flag = "price-free-grants",
     .key = "tenfold.prices.freeGrants",
     .value_name = "none|azure",
     .help = "what is free each month; a run has its share of it, by its length",
     .apply = apply_free_grants,
     .show = show_free_grants},
    price<&Prices::machine_hour>("price-machine-hour", "tenfold.prices.machineHour",
                                 "an hour of a machine; above 0 it is the whole price, instead of those above"),
    price<&Prices::machine_cpu>("price-machine-cpu", "tenfold.prices.machineCpu",
                                "CPUs of such a machine: as many are paid for as the most replicas need; 0: one",
                                "CPUS"),
});

void add(std::vector<Setting>& all, std::span<const Setting> some, std::string_view group) {
  for (Setting setting : some) {
    setting.group = group;
    all.push_back(setting);
  }
}

}  // namespace

std::span<const Setting> app_settings() {
  static const std::vector<Setting> all = [] {
    std::vector<Setting> settings;
    add(settings, kServing, "Serving");
    add(settings, kRequests, "Requests and their queue");
    add(settings, kReplicas, "Replicas");
    add(settings, kPrices, "Prices, for the cost that simulate, tune and explain tell");
    return settings;
  }();
  return all;
}

std::span<const Setting> settings() {
  static const std::vector<Setting> all = [] {
    std::vector<Setting> settings;
    for (const auto& part : {app_settings(), scale_settings(), policy_settings()})
      settings.insert(settings.end(), part.begin(), part.end());
    return settings;
  }();
  return all;
}

}  // namespace tenfold::config
