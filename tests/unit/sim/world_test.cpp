// The virtual world at its edges: what ends in one instant, and what nobody waits for any more.
#include "sim/world.hpp"

#include <gtest/gtest.h>

namespace tenfold::sim {
namespace {

using namespace std::chrono_literals;

Result run(const std::string& workload, const std::string& service, core::Duration timeout, bool replicas_cancel) {
  core::Settings settings;
  settings.scale.min_replicas = settings.scale.max_replicas = 1;
  Models models;
  models.workload = *make_workload(workload, 1);
  models.service = *make_service_time(service, 1);
  WorldOptions options{.request_timeout = timeout, .replicas_cancel = replicas_cancel};
  return World{settings, std::move(models), options}.run();
}

TEST(World, AnAnswerThatComesAsItsDeadlineEndsIsOne) {
  const Result result = run("burst:n=2", "constant:120s", 240s, false);
  EXPECT_EQ(result.answered, 2);
  EXPECT_EQ(result.rejected, 0);
}

TEST(World, WhatIsTakenBackComputesOnInItsSlotUnlessTheProgramCancels) {
  // The first is taken back after 5 s; the second waits for its slot, which is free after 8 s or at once.
  EXPECT_EQ(run("burst:n=2", "constant:8s", 5s, false).rejected, 2);
  EXPECT_EQ(run("burst:n=2", "constant:4s", 5s, true).answered, 1);
}

// What is measured of replicas that come and go: with cores for all of them it decides nothing.
TEST(World, CoresThatAreEnoughChangeNothing) {
  const auto run_with = [](double cores, const std::string& workload, const std::string& service) {
    core::Settings settings;
    settings.scale.policy = core::PolicyKind::kSlo;
    settings.scale.min_replicas = 0;
    settings.scale.max_replicas = 30;
    settings.replica.cpu = 1;
    settings.machine.cores = cores;
    Models models;
    models.workload = *make_workload(workload, 1);
    models.service = *make_service_time(service, 1);
    return World{settings, std::move(models), {.requests = 2000, .is_cpu_bound = cores > 0}}.run();
  };
  for (const char* workload : {"burst:n=20,every=2min", "poisson:rate=3", "onoff:rate=20,on=10s,off=2min"}) {
    for (const char* service : {"constant:300ms", "exponential:mean=1s", "constant:20s"}) {
      const Result with = run_with(30, workload, service);
      const Result without = run_with(0, workload, service);
      EXPECT_EQ(with.wait.percentile_s(0.95), without.wait.percentile_s(0.95)) << workload << ' ' << service;
      EXPECT_EQ(with.starts, without.starts) << workload << ' ' << service;
      EXPECT_DOUBLE_EQ(with.replica_s, without.replica_s) << workload << ' ' << service;
    }
  }
}

}  // namespace
}  // namespace tenfold::sim
