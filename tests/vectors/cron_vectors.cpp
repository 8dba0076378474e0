// keda_cron.json: `crons`, each an expression, whether KEDA takes it, and when it comes next; some with an end, and
// whether the instant lies within.
#include <chrono>

#include <fmt/format.h>

#include "config/cron.hpp"
#include "vectors/fields.hpp"
#include "vectors/vectors.hpp"

namespace tenfold::test {

namespace {

void check_within(const Fields& fields, std::string_view start, std::string_view zone, std::chrono::sys_seconds now,
                  Tally& tally) {
  const config::CronSource source{
      .time_zone = std::string{zone}, .start = std::string{start}, .end = fields.text("end"), .desired_replicas = 1};
  tally.check(fields.where(), "within", fields.flag("within") ? 1 : 0, config::schedule_value(source, now));
}

void run_case(const boost::json::object& own, const std::string& where, Tally& tally) {
  tally.count_case();
  const Fields fields{where, {&own}};
  const std::string start = fields.text("start");
  const std::string zone = fields.text("zone");
  const std::chrono::sys_seconds now{std::chrono::seconds{fields.count("now")}};
  const auto expression = config::CronExpression::parse(start);
  tally.check(fmt::format("{} '{}'", where, start), "valid", fields.flag("valid") ? 1 : 0, expression ? 1 : 0);
  if (!expression) return;
  const auto next = expression->next(now, zone);
  tally.check(fmt::format("{} '{}' in {}", where, start, zone), "next", fields.count("next"),
              next ? next->time_since_epoch().count() : 0);
  if (fields.has("end")) check_within(fields, start, zone, now, tally);
}

}  // namespace

void run_cron(const boost::json::object& file, Tally& tally) {
  tally.report_broken(unknown_sections(file, {"source", "crons"}));
  for_each_case(file, "crons", tally,
                [&](const boost::json::object& own, const std::string& where) { run_case(own, where, tally); });
}

}  // namespace tenfold::test
