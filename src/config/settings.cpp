// The one table of settings.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/app_config.hpp"
#include "config/units.hpp"

namespace tenfold::config {

namespace {

using Applied = std::expected<void, std::string>;

// Stores what `parsed` holds, or passes its error on.
template <class T, class U>
Applied store(T& member, std::expected<U, std::string>&& parsed) {
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  member = static_cast<T>(std::move(*parsed));
  return {};
}

Applied store_concurrency(AppConfig& config, std::string_view text) {
  config.is_concurrency_auto = text == "auto";
  if (config.is_concurrency_auto) return {};
  return store(config.core.replica.concurrency, parse_count(text, 1, core::kMaxConcurrency));
}

Applied store_policy(AppConfig& config, std::string_view text) {
  if (text != "aca") return std::unexpected(fmt::format("policy '{}' is not known; known: aca", text));
  config.core.scale.policy = core::PolicyKind::kAca;
  return {};
}

Applied store_env(AppConfig& config, std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos)
    return std::unexpected(fmt::format("'{}' is not NAME=VALUE", text));
  config.env.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  return {};
}

Applied store_seconds(core::Duration& member, std::string_view text, std::uint32_t least) {
  const auto seconds = parse_count(text, least, 86'400);
  if (!seconds) return std::unexpected(seconds.error());
  member = std::chrono::seconds{*seconds};
  return {};
}

#define TENFOLD_APPLY(expression) [](AppConfig& c, std::string_view text) -> Applied { return expression; }

const std::array kSettings = std::to_array<Setting>({
    {"port", "tenfold.port", "PORT", "where clients go; 0 takes a free port and prints it [8080]",
     TENFOLD_APPLY(store(c.port, parse_count(text, 0, 65535)))},
    {"address", "tenfold.address", "IP", "the address to listen on [127.0.0.1]",
     TENFOLD_APPLY((c.address = text, Applied{}))},
    {"admin-port", "tenfold.adminPort", "PORT", "health, status and metrics, on 127.0.0.1 only [9900]",
     TENFOLD_APPLY(store(c.admin_port, parse_count(text, 0, 65535)))},
    {"min-replicas", "properties.template.scale.minReplicas", "N", "replicas that are always there [2]",
     TENFOLD_APPLY(store(c.core.scale.min_replicas, parse_count(text, 0, core::kMaxReplicas)))},
    {"max-replicas", "properties.template.scale.maxReplicas", "N", "replicas at most [10]",
     TENFOLD_APPLY(store(c.core.scale.max_replicas, parse_count(text, 1, core::kMaxReplicas)))},
    {"concurrency", "tenfold.concurrency", "N|auto",
     "requests that a replica works on at a time; auto: one for each whole CPU of --cpu [1]",
     TENFOLD_APPLY(store_concurrency(c, text))},
    {"queue", "tenfold.queue.maxWaiting", "N", "requests that may wait; the next one is answered 503 [10000]",
     TENFOLD_APPLY(store(c.core.queue.max_waiting, parse_count(text, 0, core::kMaxQueue)))},
    {"timeout", "tenfold.timeout", "TIME", "from a request's arrival to its answer; then 504 [240s]",
     TENFOLD_APPLY(store(c.request_timeout, parse_duration(text)))},
    {"policy", "tenfold.policy", "NAME", "how the count of replicas follows the load: aca [aca]",
     TENFOLD_APPLY(store_policy(c, text))},
    {"scale-rule-http-concurrency", "properties.template.scale.rules[].http.metadata.concurrentRequests", "N",
     "requests in flight for each replica that the http rule aims at [10]",
     TENFOLD_APPLY(store(c.core.scale.aca.target_concurrency, parse_count(text, 1, core::kMaxConcurrency)))},
    {"cpu", "properties.template.containers[].resources.cpu", "CPUS", "CPUs of a replica [0.5]",
     TENFOLD_APPLY(store(c.cpu, parse_positive(text)))},
    {"memory", "properties.template.containers[].resources.memory", "SIZE", "memory of a replica [1Gi]",
     TENFOLD_APPLY(store(c.memory, parse_size(text)))},
    {"env", "", "NAME=VALUE", "set for the replicas; may be given more than once", TENFOLD_APPLY(store_env(c, text))},
    {"retry", "tenfold.retry", "safe|auto",
     "safe: any request may be run twice; auto: idempotent methods and those with an Idempotency-Key [auto]",
     TENFOLD_APPLY(text == "safe" || text == "auto"
                       ? (c.is_retry_safe = text == "safe", Applied{})
                       : Applied{std::unexpected(fmt::format("'{}' is neither safe nor auto", text))})},
    {"grace", "tenfold.grace", "TIME", "how long a replica may take to finish and to end [30s]",
     TENFOLD_APPLY(store(c.core.replica.grace, parse_duration(text)))},
    {"start-timeout", "tenfold.startTimeout", "TIME", "from a replica's start until it must be ready [60s]",
     TENFOLD_APPLY(store(c.core.replica.start_timeout, parse_duration(text)))},
    {"max-body", "tenfold.limits.body", "SIZE", "a larger request is answered 413 [64MiB]",
     TENFOLD_APPLY(store(c.max_body, parse_size(text)))},
    {"max-head", "tenfold.limits.head", "SIZE", "a request with a larger head is answered 431 [32KiB]",
     TENFOLD_APPLY(store(c.max_head, parse_size(text)))},
    {"journal", "tenfold.journal", "DIR|none",
     "where to record all that happens [a new directory under ~/.local/state/tenfold/journal]",
     TENFOLD_APPLY((c.journal = text, Applied{}))},
    {"", "properties.template.terminationGracePeriodSeconds", "SECONDS", "",
     TENFOLD_APPLY(store_seconds(c.core.replica.grace, text, 0))},
});

#undef TENFOLD_APPLY

}  // namespace

std::span<const Setting> settings() { return kSettings; }

std::expected<void, std::string> finish(AppConfig& config) {
  const core::ScaleSettings& scale = config.core.scale;
  if (scale.min_replicas > scale.max_replicas) {
    return std::unexpected(
        fmt::format("min replicas ({}) is above max replicas ({})", scale.min_replicas, scale.max_replicas));
  }
  if (config.command.empty() && !config.image.empty()) {
    return std::unexpected(fmt::format(
        "the image {} is not run here; say what is: containers[0].command in the file, or the program after --",
        config.image));
  }
  if (config.request_timeout == core::Duration::zero()) return std::unexpected("timeout must be above zero");
  if (config.core.replica.start_timeout == core::Duration::zero())
    return std::unexpected("start-timeout must be above zero");
  if (config.is_concurrency_auto)
    config.core.replica.concurrency = std::max(1U, static_cast<std::uint32_t>(config.cpu));
  return {};
}

}  // namespace tenfold::config
