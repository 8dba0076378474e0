#include "config/cross_checks.hpp"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <utility>

#include <fmt/format.h>

#include "config/file_shape.hpp"
#include "config/units.hpp"

namespace tenfold::config {

namespace {

class Checks {
 public:
  Checks(const AppConfig& config, Faults& faults) : config_{config}, faults_{faults} {}

  void all() {
    replicas();
    behavior("scaleUp", config_.core.scale.hpa.scale_up);
    behavior("scaleDown", config_.core.scale.hpa.scale_down);
    panic_window();
    times();
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

  void behavior(std::string_view direction, const core::HpaBehavior& behavior) {
    const bool has_bound = behavior.percent > 0 || behavior.pods > 0;
    if (has_bound || behavior.select_policy == core::SelectPolicy::kDisabled) return;
    const std::string path = fmt::format("tenfold.hpa.{}", direction);
    add({path + ".percent", path + ".pods"}, path,
        "percent and pods are both 0; for no change at all write selectPolicy: Disabled");
  }

  // Knative's rule: the panic window holds at least one of its buckets of a second.
  void panic_window() {
    const core::KnativeSettings& knative = config_.core.scale.knative;
    const double seconds =
        std::chrono::duration<double>{knative.stable_window}.count() * knative.panic_window_percentage / 100;
    if (seconds >= 1) return;
    add({"tenfold.knative.panic-window-percentage", "tenfold.knative.stable-window"}, "tenfold.knative",
        fmt::format("a panic window of {} % of {} is {} s, less than 1 s", knative.panic_window_percentage,
                    format_duration(knative.stable_window), seconds));
  }

  void times() {
    constexpr core::Duration kNone = core::Duration::zero();
    const core::ReplicaSettings& replica = config_.core.replica;
    if (config_.request_timeout <= kNone) add({"tenfold.timeout"}, "", "timeout must be above zero");
    if (replica.start_timeout <= kNone) add({"tenfold.startTimeout"}, "", "start-timeout must be above zero");
    if (replica.memory == core::Bytes{0})
      add({"properties.template.containers[].resources.memory"}, "", "memory must be above zero");
  }

  const AppConfig& config_;
  Faults& faults_;
};

}  // namespace

void check_together(const AppConfig& config, Faults& faults) { Checks{config, faults}.all(); }

}  // namespace tenfold::config
