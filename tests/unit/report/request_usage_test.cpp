// What single requests used, from samples whose shares can be worked out by hand.
#include "report/request_usage.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenfold::report {
namespace {

using namespace std::chrono_literals;
using core::ReplicaId;
using core::RequestId;

class RequestUsageTest : public testing::Test {
 protected:
  void step(const core::Event& event, const core::Actions& actions = {}) {
    usage_.take(journal::Step{.now = now_, .event = event, .actions = actions});
  }
  void dispatch(std::uint64_t request, std::uint32_t replica = 1) {
    step(core::RequestArrived{.request = RequestId{request}},
         {core::Dispatch{.request = RequestId{request}, .replica = ReplicaId{replica}}});
  }
  void finish(std::uint64_t request) { step(core::ResponseFinished{.request = RequestId{request}}); }
  void sample(core::Duration cpu, std::uint64_t mebibytes = 10, core::Duration wall = 1s) {
    step(core::UsageSampled{.replica = ReplicaId{1}, .cpu = cpu, .wall = wall, .memory = core::mebibytes(mebibytes)});
  }
  // Seconds of CPU; negative where it is not known.
  double cpu_of(std::uint64_t request) const {
    const auto& used = told_.at(RequestId{request});
    return used ? std::chrono::duration<double>{used->cpu}.count() : -1;
  }

  core::TimePoint now_{10s};
  std::map<RequestId, std::optional<UsedByRequest>> told_;
  RequestUsage usage_{[this](RequestId id, const auto& used) { told_[id] = used; }};
};

TEST_F(RequestUsageTest, WhoIsAloneHasAllOfIt) {
  dispatch(1);
  EXPECT_TRUE(usage_.awaits(RequestId{1}));
  now_ += 1s;
  sample(900ms, 30);
  now_ += 500ms;
  finish(1);
  EXPECT_TRUE(usage_.awaits(RequestId{1})) << "the half of a second is not known yet";
  now_ += 500ms;
  sample(450ms, 20);
  EXPECT_FALSE(usage_.awaits(RequestId{1}));
  EXPECT_DOUBLE_EQ(cpu_of(1), 1.35);
  EXPECT_EQ(told_[RequestId{1}]->most_memory, core::mebibytes(30));
}

TEST_F(RequestUsageTest, OneAfterTheOtherTheyShareByTheirTime) {
  dispatch(1);
  now_ += 250ms;
  finish(1);
  dispatch(2);
  now_ += 750ms;
  sample(800ms);
  now_ += 250ms;
  finish(2);
  now_ += 750ms;
  sample(100ms);
  EXPECT_DOUBLE_EQ(cpu_of(1), 0.2);
  EXPECT_DOUBLE_EQ(cpu_of(2), 0.6 + 0.1);
}

TEST_F(RequestUsageTest, TheReplicasStartHasItsShare) {
  step(core::TimerDue{}, {core::StartReplica{ReplicaId{1}}});
  now_ += 600ms;
  step(core::ReplicaReady{.replica = ReplicaId{1}}, {core::Dispatch{.request = RequestId{1}, .replica = ReplicaId{1}}});
  now_ += 200ms;
  finish(1);
  now_ += 200ms;
  sample(800ms);
  EXPECT_DOUBLE_EQ(cpu_of(1), 0.2);
}

TEST_F(RequestUsageTest, OfWhoWasNotAloneItIsNotKnown) {
  dispatch(1);
  now_ += 100ms;
  dispatch(2);
  now_ += 100ms;
  finish(1);
  finish(2);
  dispatch(3);
  now_ += 800ms;
  finish(3);
  sample(1s);
  EXPECT_EQ(cpu_of(1), -1);
  EXPECT_EQ(cpu_of(2), -1);
  EXPECT_GT(cpu_of(3), 0);
}

TEST_F(RequestUsageTest, WhatNoSampleSawIsNotKnown) {
  dispatch(1);
  now_ += 10s;
  finish(1);
  sample(1s);
  EXPECT_EQ(cpu_of(1), -1) << "nine of ten seconds are missing";
  dispatch(2);
  step(core::ReplicaExited{.replica = ReplicaId{1}});
  EXPECT_EQ(cpu_of(2), -1);
  EXPECT_FALSE(usage_.awaits(RequestId{2}));
}

TEST_F(RequestUsageTest, NobodyWaitsForASampleForEver) {
  dispatch(1);
  finish(1);
  now_ += 10s;
  step(core::TimerDue{});
  EXPECT_TRUE(usage_.awaits(RequestId{1}));
  now_ += 1ns;
  step(core::TimerDue{});
  EXPECT_FALSE(usage_.awaits(RequestId{1}));
  EXPECT_EQ(cpu_of(1), -1);
}

TEST_F(RequestUsageTest, OfSeveralTriesTheLastCounts) {
  dispatch(1, 2);
  now_ += 1s;
  step(core::ResponseFinished{.request = RequestId{1}, .outcome = core::Outcome::kNoAnswer},
       {core::Dispatch{.request = RequestId{1}, .replica = ReplicaId{1}}});
  now_ += 500ms;
  finish(1);
  now_ += 500ms;
  sample(400ms);
  EXPECT_DOUBLE_EQ(cpu_of(1), 0.4);
}

}  // namespace
}  // namespace tenfold::report
