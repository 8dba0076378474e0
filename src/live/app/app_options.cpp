#include "live/app/app_options.hpp"

#include <algorithm>
#include <optional>

#include <sys/resource.h>

#include "config/app_name.hpp"
#include "config/probes.hpp"
#include "live/metrics/poller.hpp"
#include "live/usable_cores.hpp"

namespace tenfold::live {

namespace {

// The core waits a little longer than the provider for a start, so that the provider tells what was wrong.
constexpr std::chrono::seconds kStartMargin{1};

// What a replica is told to be ready for while Tenfold measures how much it can take: a program that keeps a thread for
// each request would else never show that it could do more than one. A thread that waits costs little.
constexpr std::uint32_t kAutoConcurrencyTold = 128;

// Descriptors that are not for clients: those of the journal, the admin API, the replicas' pipes and connections.
std::uint64_t reserved_descriptors(const config::AppConfig& config) {
  constexpr std::uint64_t kOwn = 256;
  constexpr std::uint64_t kOfReplica = 16;
  return kOwn + config.core.scale.max_replicas * (kOfReplica + std::uint64_t{told_concurrency(config)});
}

std::size_t client_connections(const config::AppConfig& config) {
  rlimit limit{};
  const std::size_t most = http::Limits{}.connections;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return most;
  const std::uint64_t reserve = std::min<std::uint64_t>(reserved_descriptors(config), limit.rlim_max / 2);
  return static_cast<std::size_t>(std::min<std::uint64_t>(most, limit.rlim_max - reserve));
}

}  // namespace

std::uint32_t told_concurrency(const config::AppConfig& config) {
  return config.core.replica.is_concurrency_auto ? kAutoConcurrencyTold : config.core.replica.concurrency;
}

http::Limits client_limits(const config::AppConfig& config) {
  http::Limits limits;
  limits.connections = client_connections(config);
  limits.head_bytes = core::to_number(config.max_head);
  limits.body_bytes = core::to_number(config.max_body);
  return limits;
}

ReplicaSpec replica_spec(const config::AppConfig& config) {
  return {.argv = config.command,
          .env = config.env,
          .has_bare_environment = config.isolation.wanted.has(config::IsolationPart::kEnvironment),
          .init_containers = config.init_containers,
          .sidecars = config.sidecars,
          .start = config.start,
          .concurrency = told_concurrency(config),
          .start_timeout = config.core.replica.start_timeout,
          .probes = config::asked_probes(config),
          .target_port = config.target_port,
          .limits = {.cpu = config.has_cpu ? std::optional{config.core.replica.cpu} : std::nullopt,
                     .memory = config.has_memory ? std::optional{config.core.replica.memory} : std::nullopt},
          .revision_name = config::revision_name(config)};
}

IngressOptions ingress_options(const config::AppConfig& config) {
  IngressOptions options{.settings = config.core,
                         .replica = replica_spec(config),
                         .request_timeout = config.request_timeout,
                         .is_retry_safe = config.is_retry_safe,
                         .class_by = config.class_by,
                         .trusted_proxies = config.trusted_proxies};
  options.settings.replica.start_timeout += kStartMargin;
  options.upstream_limits.head_bytes = core::to_number(config.max_answer_head);
  options.memory_bytes = core::to_number(config.buffer_memory);
  options.spool.disk = core::to_number(config.spool_disk);
  return options;
}

ProcessOptions process_options(const config::AppConfig& config, Console& console, SaidLines& lines) {
  return {.limit_mode = config.limits,
          .limits = replica_spec(config).limits,
          .isolation = config.isolation,
          .console = config.log.level == config::LogLevel::kError ? nullptr : &console,
          .lines = &lines};
}

config::AppConfig with_machine(config::AppConfig config) {
  if (!config.has_cores) config.core.machine.cores = usable_cores();
  leave_out_missing(config);
  return config;
}

}  // namespace tenfold::live
