#include "config/cross_checks.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include <fmt/format.h>

#include "config/file_shape.hpp"
#include "config/units.hpp"

namespace tenfold::config {

namespace {

// What no target of Knative's may be below.
constexpr double kSmallestKnativeTarget = 0.01;

class Checks {
 public:
  Checks(const AppConfig& config, Faults& faults) : config_{config}, faults_{faults} {}

  void all() {
    replicas();
    python();
    default_target();
    rates();
    times();
    admin();
  }

 private:
  using Keys = std::initializer_list<std::string_view>;

  // `subject` is what the fault is of; empty where its words say so.
  void add(Keys keys, std::string_view subject, std::string what) {
    if (std::ranges::any_of(keys, [&](std::string_view key) { return faults_.has(key); })) return;
    int line = 0;
    for (const std::string_view key : keys) {
      if (line == 0) line = line_of(key);
    }
    faults_.add(line, subject, std::move(what));
  }

  // 0 where the file does not state it, or a flag went over it.
  int line_of(std::string_view key) const {
    if (std::ranges::find(config_.overridden, key) != config_.overridden.end()) return 0;
    const Node* node = find_at(config_.document, key);
    return node != nullptr ? node->line : 0;
  }

  void replicas() {
    const core::ScaleSettings& scale = config_.core.scale;
    if (!config_.has_min_replicas || scale.min_replicas <= scale.max_replicas) return;
    add({"properties.template.scale.minReplicas", "properties.template.scale.maxReplicas"}, "",
        fmt::format("min replicas ({}) is above max replicas ({})", scale.min_replicas, scale.max_replicas));
  }

  void python() {
    if (config_.python.empty() || config_.start != ReplicaStart::kSocket) return;
    add({"tenfold.start", "tenfold.python"}, "",
        "a Python app that tenfold imports makes its socket itself; start: socket is for other programs");
  }

  // Knative's rule: what a replica aims at by default is no smaller than its smallest target.
  void default_target() {
    const core::KnativeSettings& knative = config_.core.scale.knative;
    const double share = knative.container_concurrency_target_percentage / 100;
    const double target = share * knative.container_concurrency_target_default;
    if (target >= kSmallestKnativeTarget) return;
    add({"tenfold.knative.container-concurrency-target-percentage",
         "tenfold.knative.container-concurrency-target-default"},
        "tenfold.knative",
        fmt::format("{} % of a container-concurrency-target-default of {} is {:.6g}, less than {}",
                    knative.container_concurrency_target_percentage, knative.container_concurrency_target_default,
                    target, kSmallestKnativeTarget));
  }

  // Only Knative has a default for how many requests a second a replica takes.
  void rates() {
    if (config_.core.scale.policy == core::PolicyKind::kKnative) return;
    for (const core::ScaleRule& rule : config_.core.scale.rules) {
      if (rule.kind == core::RuleKind::kRps && rule.target <= 0)
        add({}, "", fmt::format("the rps rule '{}' needs target in its metadata", rule.name));
    }
  }

  void times() {
    constexpr core::Duration kNone = core::Duration::zero();
    const core::ReplicaSettings& replica = config_.core.replica;
    if (config_.request_timeout <= kNone) add({"tenfold.timeout"}, "", "timeout must be above zero");
    if (replica.start_timeout <= kNone) add({"tenfold.startTimeout"}, "", "start-timeout must be above zero");
    if (replica.memory == core::Bytes{0})
      add({"properties.template.containers[].resources.memory"}, "", "memory must be above zero");
  }

  // The admin API tells who comes and how much: whoever is not on this machine needs a token for that.
  void admin() {
    const bool is_local = config_.admin_address.starts_with("127.") || config_.admin_address == "::1";
    if (is_local || !config_.admin_token_file.empty()) return;
    add({"tenfold.adminAddress"}, "",
        fmt::format("the admin address {} can be reached from beyond this machine: say with --admin-token-file which "
                    "token it asks for",
                    config_.admin_address));
  }

  const AppConfig& config_;
  Faults& faults_;
};

}  // namespace

void check_together(const AppConfig& config, Faults& faults) { Checks{config, faults}.all(); }

}  // namespace tenfold::config
