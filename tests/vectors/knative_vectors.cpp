// knative.json: `cases`, each a sequence of evaluations on one autoscaler.
#include <cmath>

#include <fmt/format.h>

#include "core/scale/knative_decider.hpp"
#include "vectors/fields.hpp"
#include "vectors/vectors.hpp"

namespace tenfold::test {

namespace {

// Of the reference's own tests: what a replica can take, where a case says only its target.
constexpr double kTargetUtilization = 0.75;
constexpr double kPercent = 100;

core::Duration seconds(double value) { return core::Duration{std::llround(value * 1e9)}; }

core::KnativeSettings settings_of(const Fields& fields) {
  core::KnativeSettings settings;
  settings.max_scale_up_rate = fields.number_or("maxScaleUpRate", settings.max_scale_up_rate);
  settings.max_scale_down_rate = fields.number_or("maxScaleDownRate", settings.max_scale_down_rate);
  if (fields.has("panicThreshold")) settings.panic_threshold_percentage = fields.number("panicThreshold") * kPercent;
  if (fields.has("stableWindowS")) settings.stable_window = seconds(fields.number("stableWindowS"));
  settings.scale_down_delay = seconds(fields.number_or("scaleDownDelayS", 0));
  settings.activation_scale = fields.count_or("activationScale", settings.activation_scale);
  return settings;
}

void check_burst_capacity(const Fields& step, Tally& tally) {
  const char* name = step.has("ebc") ? "ebc" : "excessBurstCapacity";
  if (!step.has(name)) return;
  const double capacity = step.number_or("totalCapacity", step.number("target") / kTargetUtilization);
  const double burst = step.number_or("targetBurstCapacity", core::KnativeSettings{}.target_burst_capacity);
  const double got = core::excess_burst_capacity(step.count("ready"), capacity, burst, step.number("panic"));
  tally.check(step.where(), name, std::llround(step.number(name)), std::llround(got));
}

void run_step(const Fields& step, core::KnativeDecider& decider, Tally& tally) {
  const double target = step.number("target");
  const core::TimePoint now{seconds(step.number("t"))};
  decider.configure(settings_of(step));
  const auto decision = decider.decide(now, {.ready = step.count("ready"),
                                             .stable = step.number("stable") / target,
                                             .panic = step.number("panic") / target,
                                             .is_reachable = step.flag_or("reachable", true)});
  tally.check(step.where(), "desired", step.count("desired"), decision.desired);
  check_burst_capacity(step, tally);
}

void run_case(const boost::json::object& own, const boost::json::object& defaults, const std::string& where,
              Tally& tally) {
  tally.count_case();
  const Fields fields{where, {&own, &defaults}};
  core::KnativeDecider decider{settings_of(fields)};
  std::size_t number = 0;
  for (const boost::json::value& value : fields.array("steps")) {
    const std::string place = fmt::format("{} step {}", where, ++number);
    const Fields step{place, {&as_object(value, place), &own, &defaults}};
    const bool is_start = number == 1 && fields.flag_or("startInPanic", false);
    if (is_start) decider.start_in_panic(core::TimePoint{}, step.count("ready"));
    run_step(step, decider, tally);
  }
}

}  // namespace

void run_knative(const boost::json::object& file, Tally& tally) {
  tally.report_broken(unknown_sections(file, {"source", "fields", "defaults", "cases"}));
  const boost::json::object& defaults = defaults_of(file);
  for_each_case(file, "cases", tally, [&](const boost::json::object& own, const std::string& where) {
    run_case(own, defaults, where, tally);
  });
}

}  // namespace tenfold::test
