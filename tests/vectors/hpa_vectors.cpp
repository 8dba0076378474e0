// hpa.json: `utilization`, `averageValue` and `value`, each a list of cases with one answer.
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "core/scale/hpa_math.hpp"
#include "vectors/fields.hpp"
#include "vectors/vectors.hpp"

namespace tenfold::test {

namespace {

constexpr double kDefaultTolerance = 0.1;

std::vector<core::HpaPod> pods_of(const Fields& fields) {
  std::vector<core::HpaPod> pods;
  for (const boost::json::value& value : fields.array("pods")) {
    const std::string where = fields.where() + " pod " + std::to_string(pods.size() + 1);
    const Fields pod{where, {&as_object(value, where)}};
    // The controller does not look at pods that have failed or are being deleted.
    if (pod.flag_or("failed", false) || pod.flag_or("deleting", false)) continue;
    core::HpaPod& added = pods.emplace_back();
    added.request = std::llround(pod.number("request"));
    added.is_pending = pod.flag_or("pending", false);
    added.is_ready = pod.flag_or("ready", true);
    added.is_young = pod.flag_or("young", false);
    if (pod.has("used")) added.used = std::llround(pod.number("used"));
  }
  return pods;
}

// Where no pod counts the controller reports an error, and the count stays.
std::uint32_t run_utilization(const Fields& fields, core::HpaTolerance tolerance) {
  const std::uint32_t current = fields.count("current");
  const std::string resource = fields.text_or("resource", "cpu");
  if (resource != "cpu" && resource != "memory") {
    throw BadVectors{fmt::format("{}: 'resource' is {}, not cpu or memory", fields.where(), resource)};
  }
  const auto proposal =
      core::hpa_utilization(pods_of(fields), resource == "cpu" ? core::HpaResource::kCpu : core::HpaResource::kMemory,
                            current, fields.number("targetPercent"), tolerance);
  return proposal ? proposal->replicas : current;
}

// Quantities are whole thousandths in Kubernetes.
double thousandths(double value) { return std::round(value * 1e3); }

std::uint32_t run_average_value(const Fields& fields, core::HpaTolerance tolerance) {
  return core::hpa_average_value(thousandths(fields.number("total")), thousandths(fields.number("target")),
                                 fields.count("current"), tolerance)
      .replicas;
}

std::uint32_t run_value(const Fields& fields, core::HpaTolerance tolerance) {
  const std::uint32_t current = fields.count("current");
  return core::hpa_value(thousandths(fields.number("value")), thousandths(fields.number("target")), current,
                         fields.count_or("ready", current), tolerance)
      .replicas;
}

struct Section {
  const char* name;
  std::uint32_t (*run)(const Fields& fields, core::HpaTolerance tolerance);
};
constexpr Section kSections[] = {
    {"utilization", run_utilization}, {"averageValue", run_average_value}, {"value", run_value}};

void run_case(const Section& section, const Fields& fields, Tally& tally) {
  tally.count_case();
  const double tolerance = fields.number_or("tolerance", kDefaultTolerance);
  tally.check(fields.where(), "desired", fields.count("desired"),
              section.run(fields, {.down = tolerance, .up = tolerance}));
}

}  // namespace

void run_hpa(const boost::json::object& file, Tally& tally) {
  tally.report_broken(
      unknown_sections(file, {"source", "fields", "tolerance", "defaults", "utilization", "averageValue", "value"}));
  const boost::json::object& defaults = defaults_of(file);
  for (const Section& section : kSections) {
    if (!file.contains(section.name)) continue;
    for_each_case(file, section.name, tally, [&](const boost::json::object& own, const std::string& where) {
      run_case(section, Fields{fmt::format("{} {}", section.name, where), {&own, &defaults, &file}}, tally);
    });
  }
}

}  // namespace tenfold::test
