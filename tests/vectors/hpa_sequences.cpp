// hpa_seq_*.json: `sequences`, each one HorizontalPodAutoscaler over many looks: its behavior, the metrics that it saw
// (null: missing) and the count that it set.
#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "core/queue/request_table.hpp"
#include "core/replica_set.hpp"
#include "core/scale/hpa.hpp"
#include "core/service_times.hpp"
#include "vectors/fields.hpp"
#include "vectors/vectors.hpp"

namespace tenfold::test {

namespace {

core::Duration seconds(double value) { return core::Duration{std::llround(value * 1e9)}; }

core::SelectPolicy select_policy(const Fields& fields) {
  const std::string text = fields.text("select");
  if (text == "Max") return core::SelectPolicy::kMax;
  if (text == "Min") return core::SelectPolicy::kMin;
  if (text == "Disabled") return core::SelectPolicy::kDisabled;
  throw BadVectors{fmt::format("{}: 'select' is {}, not Max, Min or Disabled", fields.where(), text)};
}

// A policy of zero is none.
core::HpaBehavior behavior(const Fields& rules) {
  core::HpaBehavior behavior{.stabilization_window = seconds(rules.number("window")),
                             .select_policy = select_policy(rules)};
  const core::Duration period = seconds(rules.number("period"));
  const auto add = [&](core::HpaPolicyType type, std::uint32_t value) {
    if (value > 0) behavior.policies.push_back({.type = type, .value = value, .period = period});
  };
  add(core::HpaPolicyType::kPercent, rules.count("percent"));
  add(core::HpaPolicyType::kPods, rules.count("pods"));
  return behavior;
}

core::Settings settings_of(const Fields& fields, bool has_behavior) {
  core::Settings settings;
  core::HpaSettings& hpa = settings.scale.hpa;
  hpa.sync_period = seconds(fields.number("sync"));
  hpa.tolerance = fields.number("tolerance");
  hpa.has_behavior = has_behavior;
  if (const auto up = fields.object("up")) hpa.scale_up = behavior(Fields{fields.where() + " up", {up}});
  if (const auto down = fields.object("down")) hpa.scale_down = behavior(Fields{fields.where() + " down", {down}});
  for (const boost::json::value& target : fields.array("targets")) {
    settings.scale.rules.push_back({.kind = core::RuleKind::kCustom, .target = number_of(target).value()});
  }
  return settings;
}

// The metrics of one look, observed now where they are not missing.
void observe(std::vector<core::MetricRecord>& metrics, const Fields& step, core::TimePoint now) {
  const boost::json::array& values = step.array("values");
  if (values.size() != metrics.size()) throw BadVectors{step.where() + ": not one value for each target"};
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    metrics[i] = {.was_observed = !values[i].is_null(), .at = now};
    if (!values[i].is_null()) metrics[i].value = number_of(values[i]).value();
  }
}

void run_sequence(const boost::json::object& own, const std::string& where, bool has_behavior, Tally& tally) {
  const Fields fields{where, {&own}};
  const core::Settings settings = settings_of(fields, has_behavior);
  const std::uint32_t least = fields.count("min");
  const std::uint32_t most = fields.count("max");
  const core::ReplicaSet replicas{settings.replica};
  const core::RequestTable requests{settings.queue};
  const core::ServiceTimes times;
  core::SignalsRecord signals;
  std::vector<core::MetricRecord> metrics(settings.scale.rules.size());
  core::TimePoint now{};
  std::uint32_t count = least;
  const auto situation = [&] {
    return core::Situation{.now = now,
                           .signals = signals,
                           .replicas = replicas,
                           .requests = requests,
                           .metrics = metrics,
                           .times = times,
                           .decided = count};
  };
  core::HpaPolicy policy{settings};
  policy.start(situation());
  std::size_t number = 0;
  for (const boost::json::value& value : fields.array("steps")) {
    const std::string place = fmt::format("{} step {}", where, ++number);
    const Fields step{place, {&as_object(value, place)}};
    tally.count_case();
    now = policy.next_evaluation();
    observe(metrics, step, now);
    count = std::clamp(policy.evaluate(situation()).stabilized, least, most);
    tally.check(place, "desired", step.count("desired"), count);
    count = step.count("desired");
  }
}

}  // namespace

void run_hpa_sequences(const boost::json::object& file, Tally& tally) {
  tally.report_broken(unknown_sections(file, {"source", "sequences"}));
  // What KEDA makes has no behavior, which is another path through the controller than an empty one.
  const std::string source = Fields{"the file", {&file}}.text("source");
  const bool has_behavior = source.find("behavior: none") == std::string::npos;
  for_each_case(file, "sequences", tally, [&](const boost::json::object& own, const std::string& where) {
    run_sequence(own, where, has_behavior, tally);
  });
}

}  // namespace tenfold::test
