// The virtual world at its edges: what ends in one instant, and what nobody waits for any more.
#include "sim/world.hpp"

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

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

// Others have six of eight cores to themselves: each request gets a part of one, and yet it computes.
TEST(World, ReplicasThatWaitForCoresAreNoMoreThanThere) {
  core::Settings settings;
  settings.scale.policy = core::PolicyKind::kSlo;
  settings.scale.min_replicas = 1;
  settings.scale.max_replicas = 30;
  settings.replica.cpu = 1;
  settings.machine.cores = 8;
  Models models;
  models.workload = *make_workload("burst:n=60,every=2min,times=10", 1);
  models.service = *make_service_time("constant:500ms", 1);
  const Result result =
      World{settings, std::move(models), {.requests = 600, .is_cpu_bound = true, .cores_taken = 6}}.run();
  EXPECT_EQ(result.answered, 600);
  EXPECT_EQ(result.most_replicas, 8);
}

// A world of one replica, unless a test wants otherwise.
struct Stage {
  core::Settings settings;
  Models models;
  WorldOptions options;

  Stage(const std::string& workload, const std::string& service) {
    settings.scale.min_replicas = settings.scale.max_replicas = 1;
    settings.scale.policy = core::PolicyKind::kSlo;
    models.workload = *make_workload(workload, 1);
    models.service = *make_service_time(service, 1);
  }
  Result run() { return World{settings, std::move(models), options}.run(); }
};

TEST(World, WhatComesDuringTheWarmUpDoesNotCount) {
  Stage stage{"burst:n=1,every=10s,times=6", "constant:1s"};
  stage.options.warm_up = 25s;
  stage.options.until = 60s;
  const Result result = stage.run();
  EXPECT_EQ(result.requests, 3U) << "of those at 0, 10, 20, 30, 40 and 50 s";
  EXPECT_EQ(result.answered, 3U);
  EXPECT_EQ(result.wait.count(), 3U);
  EXPECT_DOUBLE_EQ(result.replica_s, 35);
  EXPECT_DOUBLE_EQ(result.busy_replica_s, 3);
  EXPECT_EQ(result.makespan, 21s);
  EXPECT_EQ(result.starts, 0U);
  EXPECT_EQ(result.most_replicas, 1U);
}

TEST(World, FiguresAreKeptByClassOnceThereAreSome) {
  Stage stage{"burst:n=40", "classes:1s=1,3s=3"};
  const Result result = stage.run();
  ASSERT_EQ(result.classes.size(), 3U);
  EXPECT_EQ(result.classes[0].requests, 0U);
  EXPECT_EQ(result.classes[1].answered, 10U);
  EXPECT_EQ(result.classes[2].answered, 30U);
  EXPECT_EQ(result.classes[1].wait.count() + result.classes[2].wait.count(), result.wait.count());
  EXPECT_TRUE(Stage("burst:n=100", "constant:1s").run().classes.empty());
}

// Azure bills a ready replica without a request as idle only while there are no more than the minimum.
TEST(World, ReplicasAreIdleOnlyAtTheMinimum) {
  Stage stage{"burst:n=1,at=10s", "constant:2s"};
  stage.models.cold_start = make_empirical_span({4s});
  stage.options.until = 20s;
  const Result result = stage.run();
  EXPECT_DOUBLE_EQ(result.replica_s, 24);
  EXPECT_DOUBLE_EQ(result.idle_replica_s, 18) << "neither the start of 4 s nor the 2 s of work";
  Stage more{"burst:n=1,at=10s", "constant:2s"};
  more.settings.scale.min_replicas = 0;
  more.options.until = 20s;
  EXPECT_DOUBLE_EQ(more.run().idle_replica_s, 0) << "beyond a minimum of none";
}

// Notes the first step of the service at which an evaluation of the policy may be seen: its timer.
class Timers final : public StepObserver {
 public:
  void opened(core::TimePoint zero, const std::vector<std::string>&) override { zero_ = zero; }
  void stepped(core::TimePoint now, const core::Event& event, const core::Actions&, const core::Service&) override {
    if (zero_ && std::holds_alternative<core::TimerDue>(event)) after_zero.push_back(now - *zero_);
  }
  std::vector<core::Duration> after_zero;

 private:
  std::optional<core::TimePoint> zero_;
};

core::Duration first_poll(std::uint64_t seed, std::optional<core::Duration> offset) {
  Stage stage{"burst:n=1", "constant:1s"};
  stage.settings.scale.policy = core::PolicyKind::kHpa;
  stage.models.cold_start = make_empirical_span({4s});
  stage.options.seed = seed;
  stage.options.poll_period = stage.settings.scale.hpa.sync_period;
  stage.options.poll_offset = offset;
  stage.options.until = 1min;
  World world{stage.settings, std::move(stage.models), stage.options};
  Timers timers;
  world.observe(timers);
  world.run();
  return timers.after_zero.at(0);
}

TEST(World, ThePhaseOfPollsIsTheJournalsOrDrawnFromTheSeed) {
  EXPECT_EQ(first_poll(1, 0s), 15s) << "a poll has just been";
  EXPECT_EQ(first_poll(1, 7s), 8s);
  EXPECT_EQ(first_poll(1, 3607s), 8s) << "an hour and 7 s after the service's begin";
  EXPECT_EQ(first_poll(1, -8s), 8s) << "8 s before one";
  EXPECT_EQ(first_poll(1, std::nullopt), first_poll(1, std::nullopt));
  double sum_s = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const core::Duration poll = first_poll(seed, std::nullopt);
    EXPECT_GT(poll, 0s);
    EXPECT_LE(poll, 15s);
    sum_s += std::chrono::duration<double>{poll}.count();
  }
  EXPECT_NEAR(sum_s / 200, 7.5, 4 * 15 / std::sqrt(12.0 * 200)) << "evenly";
}

TEST(World, WaitingForThePhaseCostsNothing) {
  Stage stage{"burst:n=1", "constant:1s"};
  stage.settings.scale.policy = core::PolicyKind::kHpa;
  stage.options.poll_period = 15s;
  stage.options.poll_offset = 14s;
  stage.options.until = 100s;
  EXPECT_DOUBLE_EQ(stage.run().replica_s, 100);
}

TEST(World, ReplicasFailAfterTheirLife) {
  Stage stage{"constant:rate=10", "constant:10ms"};
  stage.models.failures.mean_life = 20s;
  stage.options.requests = 100'000;
  const Result result = stage.run();
  EXPECT_NEAR(static_cast<double>(result.starts), 1 + 10'000.0 / 20, 100) << "ten thousand seconds";
  EXPECT_GT(result.rejected, 0U) << "what a replica had when it failed";
  stage = Stage{"constant:rate=10", "constant:10ms"};
  stage.models.failures.mean_life = 20s;
  stage.options.requests = 100'000;
  stage.options.is_safe_to_repeat = true;
  EXPECT_LT(stage.run().rejected, result.rejected);
}

TEST(World, StartsFailAndTakeLong) {
  Stage stage{"burst:n=1,at=1h", "constant:1s"};
  stage.settings.scale.max_replicas = 200;
  stage.settings.scale.min_replicas = 200;
  stage.models.cold_start = make_empirical_span({1s});
  stage.models.failures = {.failing_starts = 0.3};
  EXPECT_NEAR(static_cast<double>(stage.run().starts), 200 / 0.7, 40);
  Stage slow{"burst:n=1", "constant:1s"};
  slow.models.cold_start = make_empirical_span({1s});
  slow.models.failures = {.slow_starts = 1, .slowdown = 7};
  World world{slow.settings, std::move(slow.models), slow.options};
  world.run();
  EXPECT_EQ(world.zero(), core::TimePoint{7s});
}

TEST(World, AReplicaThatExceedsItsMemoryIsKilledWithAllThatRunsInIt) {
  const auto run_with = [](std::uint32_t concurrency) {
    Stage stage{"burst:n=6,every=1min,times=10", "constant:1s"};
    stage.settings.replica.concurrency = concurrency;
    stage.settings.replica.memory = core::mebibytes(1024);
    stage.models.memory = make_empirical_span({core::Duration{300 << 20}});
    stage.options.idle_memory = core::mebibytes(100);
    return stage.run();
  };
  EXPECT_EQ(run_with(3).answered, 60U) << "1000 of 1024 MiB";
  const Result killed = run_with(4);
  EXPECT_GT(killed.rejected, 0U) << "1300 of 1024 MiB";
  EXPECT_GT(killed.starts, 1U);
}

TEST(World, ReplicasThatHaveNoRoomWaitUntilOthersGo) {
  Stage stage{"burst:n=100", "constant:1s"};
  stage.settings.scale.max_replicas = 10;
  stage.options.most_placed = 4;
  const Result result = stage.run();
  EXPECT_EQ(result.most_replicas, 4U);
  EXPECT_EQ(result.answered, 100U);
  // Four at a time; a decision waits for the end of its instant.
  EXPECT_GE(result.makespan, 25s);
  EXPECT_LT(result.makespan, 25s + 1ms);
}

TEST(World, AClosedLoopEndsAfterItsRequestsOrItsDuration) {
  Stage stage{"closed:clients=5,think=constant:1s", "constant:100ms"};
  stage.options.requests = 42;
  EXPECT_EQ(stage.run().requests, 42U);
  Stage timed{"closed:clients=5,think=constant:1s", "constant:100ms"};
  timed.options.duration = timed.options.until = 10s;
  timed.settings.replica.concurrency = 5;
  // At 1.0, 2.1, 3.2 and so on to 9.8 s.
  EXPECT_EQ(timed.run().requests, 45U);
}

TEST(World, ClientsOfAClosedLoopTryAgainWhenTheyAreRefused) {
  Stage stage{"closed:clients=2,think=constant:1h,retries=5,pause=1s", "constant:10s"};
  stage.settings.queue.max_waiting = 0;
  stage.options.duration = 30s;
  stage.models.workload = *make_workload("closed:clients=2,think=constant:1s,retries=5,pause=1s", 1);
  const Result result = stage.run();
  // Both come at 1 s. The refused one again at 2, 4, 8 and 16 s: by then the other has been answered and has come
  // again.
  EXPECT_EQ(result.rejected, 5U);
  EXPECT_EQ(result.answered, 3U) << "begun at 1, 12 and 23 s";
}

TEST(World, TimeThatNoClockReachesIsTold) {
  Stage stage{"constant:rate=1e-6", "constant:1s"};
  stage.options.requests = 100'000;
  EXPECT_TRUE(stage.run().went_beyond_time);
  Stage limited{"constant:rate=1e-6", "constant:1s"};
  limited.options.duration = 24h * 30;
  const Result result = limited.run();
  EXPECT_FALSE(result.went_beyond_time);
  EXPECT_EQ(result.requests, 3U);
}

}  // namespace
}  // namespace tenfold::sim
