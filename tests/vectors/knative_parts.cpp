// knative_windows.json: `windows`, what is recorded in a window and what its average is; knative_targets.json:
// `targets`, what a replica is to carry; knative_config.txt: values of config-autoscaler, and whether Knative takes
// them.
#include <cmath>
#include <optional>
#include <sstream>

#include <fmt/format.h>

#include "config/app_config.hpp"
#include "core/scale/knative.hpp"
#include "core/scale/windows.hpp"
#include "vectors/fields.hpp"
#include "vectors/vectors.hpp"

namespace tenfold::test {

namespace {

void run_window(const boost::json::object& own, const std::string& where, Tally& tally) {
  const Fields fields{where, {&own}};
  core::SecondsWindow window{std::chrono::seconds{fields.count("length")}};
  std::size_t number = 0;
  for (const boost::json::value& value : fields.array("ops")) {
    const std::string place = fmt::format("{} op {}", where, ++number);
    const boost::json::array& op = value.as_array();
    const auto second = op.at(1).to_number<std::int64_t>();
    if (op.at(0) == "r") {
      window.record(second, number_of(op.at(2)).value());
      continue;
    }
    tally.count_case();
    tally.check_exactly(place, "average", number_of(op.at(2)).value(), window.average(second));
    tally.check(place, "empty", op.at(3).as_bool() ? 1 : 0, window.is_empty(second) ? 1 : 0);
  }
}

void run_target(const boost::json::object& own, const std::string& where, Tally& tally) {
  tally.count_case();
  const Fields fields{where, {&own}};
  core::KnativeSettings settings;
  settings.container_concurrency_target_percentage = fields.number("percentage");
  std::optional<core::ScaleRule> rule;
  if (fields.has("rule")) {
    const bool is_rate = fields.text("metric") == "rps";
    rule = {.kind = is_rate ? core::RuleKind::kRps : core::RuleKind::kHttp, .target = fields.number("rule")};
  }
  const core::KnativeTarget got =
      core::knative_target(settings, rule ? &*rule : nullptr, {.count = fields.count("slots")});
  tally.check_exactly(where, "target", fields.number("target"), got.target);
}

// Whether we take the value, as a flag of `up`.
bool is_taken(std::string_view key, const std::string& value) {
  for (const config::Setting& setting : config::settings()) {
    if (setting.key != fmt::format("tenfold.knative.{}", key)) continue;
    config::AppConfig config;
    return setting.apply(config, value) && config::finish(config);
  }
  throw BadVectors{fmt::format("there is no setting '{}'", key)};
}

}  // namespace

void run_knative_windows(const boost::json::object& file, Tally& tally) {
  tally.report_broken(unknown_sections(file, {"source", "windows"}));
  for_each_case(file, "windows", tally,
                [&](const boost::json::object& own, const std::string& where) { run_window(own, where, tally); });
}

void run_knative_targets(const boost::json::object& file, Tally& tally) {
  tally.report_broken(unknown_sections(file, {"source", "targets"}));
  for_each_case(file, "targets", tally,
                [&](const boost::json::object& own, const std::string& where) { run_target(own, where, tally); });
}

// Lines of key, value and true or false, with tabs between.
void run_knative_config(const std::string& text, Tally& tally) {
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const std::size_t first = line.find('\t');
    const std::size_t last = line.rfind('\t');
    const std::string taken = line.substr(last + 1);
    const bool is_line = first != std::string::npos && first < last && (taken == "true" || taken == "false");
    if (!is_line) throw BadVectors{fmt::format("'{}' is not a key, a value and true or false", line)};
    const std::string key = line.substr(0, first);
    const std::string value = line.substr(first + 1, last - first - 1);
    tally.count_case();
    tally.check(fmt::format("{} '{}'", key, value), "taken", taken == "true" ? 1 : 0, is_taken(key, value) ? 1 : 0);
  }
}

}  // namespace tenfold::test
