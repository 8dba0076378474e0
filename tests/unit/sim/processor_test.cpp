// Requests that share CPUs: closed cases, and random ones against a simulation by small steps.
#include "sim/processor.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sim/random.hpp"

namespace tenfold::sim {
namespace {

using namespace std::chrono_literals;

constexpr core::TimePoint kZero{};
core::RequestId id(std::uint64_t n) { return core::RequestId{n}; }

// All that runs, to its end: which request, and when.
std::vector<std::pair<std::uint64_t, core::Duration>> run_out(Processor& processor) {
  std::vector<std::pair<std::uint64_t, core::Duration>> ends;
  while (const auto at = processor.next_finish()) {
    const core::RequestId request = processor.finish(*at);
    ends.emplace_back(core::to_number(request), at->time_since_epoch());
  }
  return ends;
}

using Ends = std::vector<std::pair<std::uint64_t, core::Duration>>;

TEST(Processor, WhatSharesWithNobodyTakesExactlyItsServiceTime) {
  Processor processor{0, 1, true};
  const core::TimePoint late = kZero + std::chrono::hours{24 * 365};
  processor.start(late, id(1), 0, 123'456'789ns);
  processor.start(late + 1ns, id(2), 1, 100ms);
  EXPECT_EQ(processor.next_finish(), late + 100ms + 1ns);
  EXPECT_EQ(processor.finish(late + 100ms + 1ns), id(2));
  EXPECT_EQ(processor.next_finish(), late + 123'456'789ns);
}

TEST(Processor, AFractionOfACpuIsInTheServiceTimeAlready) {
  Processor processor{0, 0.3, true};
  processor.start(kZero, id(1), 0, 77'777'777ns);
  EXPECT_EQ(run_out(processor), (Ends{{1, 77'777'777ns}}));
  EXPECT_EQ(processor.cpu_used(kZero + 1s, 0), core::Duration{23'333'333});
}

TEST(Processor, TwoRequestsOnOneCoreTakeTwiceAsLong) {
  Processor processor{1, 1, true};
  processor.start(kZero, id(1), 0, 100ms);
  processor.start(kZero, id(2), 1, 100ms);
  EXPECT_EQ(run_out(processor), (Ends{{1, 200ms}, {2, 200ms}}));
}

TEST(Processor, WhatGetsLessThanACoreWaitsForTheRest) {
  Processor processor{1, 1, true};
  processor.start(kZero, id(1), 0, 100ms);
  processor.start(kZero + 50ms, id(2), 1, 100ms);
  EXPECT_EQ(processor.cpu_waited(kZero + 50ms, 0), 0ms);
  EXPECT_EQ(processor.cpu_waited(kZero + 100ms, 0), 25ms);
  EXPECT_EQ(run_out(processor), (Ends{{1, 150ms}, {2, 200ms}}));
  EXPECT_EQ(processor.cpu_waited(kZero + 1s, 0), 50ms);
  EXPECT_EQ(processor.cpu_waited(kZero + 1s, 1), 50ms);
  EXPECT_EQ(processor.cpu_waited(kZero + 1s, 2), 0ms) << "nothing ran there";
}

TEST(Processor, TwoRequestsInAReplicaShareItsCpu) {
  Processor processor{0, 1, true};
  processor.start(kZero, id(1), 0, 100ms);
  processor.start(kZero, id(2), 0, 100ms);
  processor.start(kZero, id(3), 1, 100ms);
  EXPECT_EQ(run_out(processor), (Ends{{3, 100ms}, {1, 200ms}, {2, 200ms}}));
  EXPECT_EQ(processor.cpu_used(kZero + 1s, 0), 200ms);
  EXPECT_EQ(processor.cpu_used(kZero + 1s, 1), 100ms);
}

TEST(Processor, AStaggeredStartSharesOnlyWhileBothRun) {
  // 1 runs alone for 50 ms, has 50 ms left, and takes 100 ms for them beside 2, which then has 50 ms left.
  Processor processor{1, 1, true};
  processor.start(kZero, id(1), 0, 100ms);
  processor.start(kZero + 50ms, id(2), 1, 100ms);
  EXPECT_EQ(run_out(processor), (Ends{{1, 150ms}, {2, 200ms}}));
}

TEST(Processor, FourRequestsOnTwoCpusOfAReplicaTakeTwiceAsLong) {
  Processor processor{64, 2, true};
  for (std::uint64_t n = 1; n <= 4; ++n) processor.start(kZero, id(n), 0, 100ms);
  EXPECT_EQ(run_out(processor), (Ends{{1, 200ms}, {2, 200ms}, {3, 200ms}, {4, 200ms}}));
  EXPECT_EQ(processor.cpu_used(kZero + 200ms, 0), 400ms);
}

TEST(Processor, TwoCpusMakeOneRequestNoFaster) {
  Processor processor{0, 2, true};
  processor.start(kZero, id(1), 0, 100ms);
  EXPECT_EQ(run_out(processor), (Ends{{1, 100ms}}));
  EXPECT_EQ(processor.cpu_used(kZero + 100ms, 0), 100ms);
}

TEST(Processor, TenReplicasOnTwoCoresAreFiveTimesSlower) {
  Processor processor{2, 1, true};
  for (std::uint64_t n = 0; n < 10; ++n) processor.start(kZero, id(n), static_cast<core::Slot>(n), 100ms);
  for (const auto& [request, end] : run_out(processor)) EXPECT_EQ(end, 500ms) << request;
}

TEST(Processor, TenReplicasOfAFifthOfACpuFitOnTwoCores) {
  Processor processor{2, 0.2, true};
  for (std::uint64_t n = 0; n < 10; ++n) processor.start(kZero, id(n), static_cast<core::Slot>(n), 100ms);
  for (const auto& [request, end] : run_out(processor)) EXPECT_EQ(end, 100ms) << request;
}

TEST(Processor, WhatDoesNotComputeSharesNothing) {
  Processor processor{1, 0.5, false};
  for (std::uint64_t n = 0; n < 10; ++n) processor.start(kZero, id(n), static_cast<core::Slot>(n / 5), 100ms);
  for (const auto& [request, end] : run_out(processor)) EXPECT_EQ(end, 100ms) << request;
  EXPECT_EQ(processor.cpu_used(kZero + 1s, 0), 0ms);
}

TEST(Processor, ACancelledRequestLeavesItsShareToTheOthers) {
  Processor processor{1, 1, true};
  processor.start(kZero, id(1), 0, 100ms);
  processor.start(kZero, id(2), 1, 100ms);
  processor.cancel(kZero + 100ms, id(1));
  EXPECT_EQ(run_out(processor), (Ends{{2, 150ms}}));
  EXPECT_EQ(processor.running(), 0U);
}

TEST(Processor, OfEqualEndsTheOneThatStartedFirstComesFirst) {
  Processor processor{0, 4, true};
  for (const std::uint64_t n : {7, 3, 9, 1}) processor.start(kZero, id(n), static_cast<core::Slot>(n % 2), 100ms);
  EXPECT_EQ(run_out(processor), (Ends{{7, 100ms}, {3, 100ms}, {9, 100ms}, {1, 100ms}}));
}

TEST(Processor, CpuTimeIsAsMuchAsTheWorkThatWasDone) {
  Processor processor{1.5, 0.7, true};
  Random random{3};
  core::Duration work{};
  for (std::uint64_t n = 0; n < 40; ++n) {
    const core::Duration service{static_cast<core::Duration::rep>(random.uniform() * 1e9)};
    work += service;
    processor.start(kZero, id(n), static_cast<core::Slot>(n % 5), service);
  }
  const core::Duration last = run_out(processor).back().second;
  core::Duration used{};
  for (core::Slot replica = 0; replica < 5; ++replica) used += processor.cpu_used(kZero + last, replica);
  EXPECT_NEAR(static_cast<double>(used.count()), 0.7 * static_cast<double>(work.count()), 1e3);
}

// The rule as it is written, applied to every request in steps that end wherever something begins or ends.
class SmallSteps {
 public:
  SmallSteps(double cores, double cpu) : cores_{cores}, cpu_{cpu} {}

  void start(std::uint64_t request, core::Slot replica, double work) { jobs_[request] = {replica, work}; }
  void cancel(std::uint64_t request) { jobs_.erase(request); }

  // Lets time pass until `until`; those that end do so in between.
  void run(double until, std::map<std::uint64_t, double>& ends) {
    while (now_ < until) {
      double step = until - now_;
      for (const auto& [request, job] : jobs_) step = std::min(step, job.work / rate(job.replica));
      now_ += step;
      std::map<std::uint64_t, Job> left;
      for (const auto& [request, job] : jobs_) {
        const double work = job.work - step * rate(job.replica);
        if (work <= 1e-6) {
          ends[request] = now_;
        } else {
          left[request] = {job.replica, work};
        }
      }
      jobs_ = std::move(left);
    }
  }
  const auto& jobs() const { return jobs_; }

 private:
  struct Job {
    core::Slot replica;
    double work;
  };
  double rate(core::Slot replica) const {
    std::map<core::Slot, double> running;
    for (const auto& [request, job] : jobs_) running[job.replica] += 1;
    double demand = 0;
    for (const auto& [slot, n] : running) demand += std::min(n, cpu_);
    const double machine = cores_ > 0 ? std::min(1.0, cores_ / demand) : 1;
    return machine * std::min(1.0, cpu_ / running[replica]);
  }

  double cores_;
  double cpu_;
  double now_ = 0;
  std::map<std::uint64_t, Job> jobs_;
};

class RandomProcessorTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomProcessorTest, EndsWhereSmallStepsEnd) {
  Random random{GetParam()};
  const double cores = static_cast<double>(random.below(4)) * 1.5;
  const double cpu = std::vector{0.25, 0.7, 1.0, 1.5, 2.0, 4.0}[random.below(6)];
  const std::uint64_t replicas = 1 + random.below(6);
  Processor processor{cores, cpu, true};
  SmallSteps steps{cores, cpu};
  std::map<std::uint64_t, double> expected;
  std::map<std::uint64_t, double> ends;
  double now = 0;

  const auto pass_until = [&](core::TimePoint until) {
    while (processor.next_finish() && *processor.next_finish() <= until) {
      const core::TimePoint at = *processor.next_finish();
      ends[core::to_number(processor.finish(at))] = static_cast<double>(at.time_since_epoch().count());
    }
    steps.run(static_cast<double>(until.time_since_epoch().count()), expected);
  };

  for (std::uint64_t n = 1; n <= 150; ++n) {
    now += std::floor(random.exponential() * 8e6);
    const core::TimePoint at{core::Duration{static_cast<core::Duration::rep>(now)}};
    pass_until(at);
    // Only what has a while to go: an end within rounding of this instant may lie before it in one and after it in the
    // other.
    if (random.below(8) == 0 && !steps.jobs().empty() && steps.jobs().begin()->second.work > 1e3) {
      const std::uint64_t victim = steps.jobs().begin()->first;
      processor.cancel(at, id(victim));
      steps.cancel(victim);
    }
    const auto replica = static_cast<core::Slot>(random.below(replicas));
    const auto service = static_cast<core::Duration::rep>(random.exponential() * 30e6);
    processor.start(at, id(n), replica, core::Duration{service});
    steps.start(n, replica, static_cast<double>(service) * std::min(1.0, cpu));
  }
  pass_until(kZero + 1h);

  ASSERT_EQ(ends.size(), expected.size());
  // A tick of 1/16 ns, slowed down as much as what runs: a rounding that does not add up.
  for (const auto& [request, end] : expected) EXPECT_NEAR(ends[request], end, 20) << "request " << request;
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomProcessorTest, testing::Range<std::uint64_t>(1, 61));

}  // namespace
}  // namespace tenfold::sim
