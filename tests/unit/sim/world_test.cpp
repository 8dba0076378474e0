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

}  // namespace
}  // namespace tenfold::sim
