// The lines that a simulation writes of its requests.
#include "sim/request_log.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenfold::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string log_of(const std::string& workload, const std::string& service, core::Duration patience,
                   std::vector<std::string> names = {}) {
  core::Settings settings;
  settings.scale.min_replicas = settings.scale.max_replicas = 1;
  settings.queue.max_waiting = 2;
  Models models;
  models.workload = *make_workload(workload, 1);
  models.service = *make_service_time(service, 1);
  models.cold_start = make_empirical_span({7s});
  models.patience = make_empirical_span({patience});
  models.class_names = std::move(names);
  World world{settings, std::move(models), {}};
  std::string text;
  RequestLog log{[&text](std::string_view line) { text += line; }, "slo,1,"};
  world.observe(log);
  world.run();
  log.finish();
  return text;
}

TEST(RequestLog, HasALineForEachRequestAsItEnds) {
  EXPECT_EQ(RequestLog::header(), "request,arrived_s,class,wait_s,slot_s,total_s,outcome,replica,attempts\n");
  EXPECT_EQ(log_of("burst:n=4,at=500ms", "constant:2s", 3s),
            "slo,1,4,0.500000000,,,,,rejected,,0\n"
            "slo,1,1,0.500000000,,0.000000000,2.000000000,2.000000000,answered,1,1\n"
            "slo,1,2,0.500000000,,2.000000000,,,left,1,1\n"
            "slo,1,3,0.500000000,,,,,left,,0\n");
}

TEST(RequestLog, NamesClassesAsCsvHasText) {
  EXPECT_THAT(log_of("burst:n=1", "classes:1s=1", 1h, {"a \"b\", c"}), HasSubstr(",\"a \"\"b\"\", c\","));
}

}  // namespace
}  // namespace tenfold::sim
