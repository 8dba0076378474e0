// 2,000 seeds of one virtual hour of faults each: every promise after every event, and at the end everything that was
// admitted has been answered.
//
//   fault_simulation                      all seeds, in shards
//   TENFOLD_SEED=42 fault_simulation      one: what `tenfold simulate --faults --seed 42` replays
//   TENFOLD_SEEDS=100000 fault_simulation  so many
#include <gtest/gtest.h>

#include "sim/faults.hpp"
#include "support/seeds.hpp"

namespace tenfold::sim {
namespace {

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
  std::uint64_t waited_at_end = 0;
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
  totals.waited_at_end += result.waited_at_end;
}

class FaultSimulation : public testing::TestWithParam<std::uint64_t> {};

TEST_P(FaultSimulation, KeepsEveryPromise) {
  Totals totals;
  const std::uint64_t seeds =
      test::for_each_seed(GetParam(), TENFOLD_FAULT_SEEDS, [&totals](std::uint64_t seed) { run_seed(seed, totals); });
  if (seeds == 0) return;
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
  EXPECT_GT(totals.waited_at_end, 5 * seeds);
}

INSTANTIATE_TEST_SUITE_P(Shard, FaultSimulation, test::all_shards());

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
