// 2,000 seeds of one virtual hour of faults each: every promise after every event, and at the end everything that was
// admitted has been answered.
//
//   fault_simulation                      all seeds, in shards
//   TENFOLD_SEED=42 fault_simulation      one: what `tenfold simulate --faults --seed 42` replays
#include <cstdlib>

#include <gtest/gtest.h>

#include "sim/faults.hpp"

namespace tenfold::sim {
namespace {

constexpr std::uint64_t kShards = 4;

struct Totals {
  std::uint64_t answered = 0;
  std::uint64_t crashes = 0;
  std::uint64_t hangs = 0;
  std::uint64_t failed_starts = 0;
  std::uint64_t failed_probes = 0;
  std::uint64_t config_changes = 0;
  std::uint64_t clock_steps = 0;
  std::uint64_t left = 0;
  std::uint64_t busy = 0;
  std::uint64_t lost_alone = 0;
  std::uint64_t never_ended = 0;
  std::uint64_t ties = 0;
};

void run_seed(std::uint64_t seed, Totals& totals) {
  const FaultResult result = run_faults({.seed = seed});
  ASSERT_EQ(result.broken, "") << "at " << std::chrono::duration<double>{result.broken_at.time_since_epoch()}.count()
                               << " s; replay it: tenfold simulate --faults --seed " << seed;
  totals.answered += result.answered;
  totals.crashes += result.crashes;
  totals.hangs += result.hangs;
  totals.failed_starts += result.failed_starts;
  totals.failed_probes += result.failed_probes;
  totals.config_changes += result.config_changes;
  totals.clock_steps += result.clock_steps;
  totals.left += result.left;
  totals.busy += result.busy;
  totals.lost_alone += result.lost_alone;
  totals.never_ended += result.never_ended;
  totals.ties += result.ties;
}

class FaultSimulation : public testing::TestWithParam<std::uint64_t> {};

TEST_P(FaultSimulation, KeepsEveryPromise) {
  Totals totals;
  if (const char* one = std::getenv("TENFOLD_SEED")) {
    run_seed(std::strtoull(one, nullptr, 10), totals);
    return;
  }
  std::uint64_t seeds = 0;
  for (std::uint64_t seed = 1 + GetParam(); seed <= TENFOLD_FAULT_SEEDS && !HasFatalFailure();
       seed += kShards, ++seeds) {
    run_seed(seed, totals);
  }
  // A generator that does nothing finds nothing.
  EXPECT_GT(totals.answered, 1000 * seeds);
  EXPECT_GT(totals.crashes, seeds);
  EXPECT_GT(totals.hangs, 0);
  EXPECT_GT(totals.failed_starts, seeds);
  EXPECT_GT(totals.failed_probes, seeds);
  EXPECT_GT(totals.config_changes, seeds);
  EXPECT_GT(totals.clock_steps, seeds);
  EXPECT_GT(totals.left, seeds);
  EXPECT_GT(totals.busy, seeds);
  EXPECT_GT(totals.lost_alone, seeds);
  EXPECT_GT(totals.never_ended, seeds);
  EXPECT_GT(totals.ties, 100 * seeds);
}

INSTANTIATE_TEST_SUITE_P(Shard, FaultSimulation, testing::Range<std::uint64_t>(0, kShards));

TEST(FaultSimulation, TheSameSeedIsTheSameRun) {
  const FaultResult first = run_faults({.seed = 7});
  const FaultResult again = run_faults({.seed = 7});
  EXPECT_EQ(first.steps, again.steps);
  EXPECT_EQ(first.answered, again.answered);
  EXPECT_EQ(first.rejected, again.rejected);
  EXPECT_NE(first.steps, run_faults({.seed = 8}).steps);
}

}  // namespace
}  // namespace tenfold::sim
