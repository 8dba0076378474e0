// The whole service on simulated streets of thirty virtual seconds: every promise after every turn of the loop.
//
//   street                                  all seeds, in shards
//   TENFOLD_SEEDS=1000000 street            so many: a night of them
//   TENFOLD_SEED=42 street                  one: what `tenfold simulate --faults --shell --seed 42` replays
#include "shell/street.hpp"

#include <gtest/gtest.h>

#include "support/seeds.hpp"

namespace tenfold::shell {
namespace {

// So many streets together see every kind of event.
constexpr std::uint64_t kTellingSeeds = 20;

struct Totals {
  std::uint64_t requests = 0;
  std::uint64_t answered = 0;
  std::uint64_t told = 0;
  std::uint64_t closed = 0;
  std::uint64_t deaths = 0;
};

void run_seed(std::uint64_t seed, Totals& totals) {
  const StreetResult result = run_street({.seed = seed});
  ASSERT_EQ(result.broken, "") << "at " << std::chrono::duration<double>{result.broken_at}.count()
                               << " s on a street of " << result.street
                               << "; replay it: tenfold simulate --faults --shell --seed " << seed;
  totals.requests += result.requests;
  totals.answered += result.answered;
  totals.told += result.told;
  totals.closed += result.closed;
  totals.deaths += result.deaths;
}

class Streets : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Streets, KeepEveryPromise) {
  Totals totals;
  const std::uint64_t seeds =
      test::for_each_seed(GetParam(), TENFOLD_STREET_SEEDS, [&totals](std::uint64_t seed) { run_seed(seed, totals); });
  // A street on which nothing happens finds nothing; a few streets may be quiet.
  if (seeds < kTellingSeeds) return;
  EXPECT_GT(totals.requests, 60 * seeds);
  EXPECT_GT(totals.answered, 30 * seeds);
  EXPECT_GT(totals.told, seeds);
  EXPECT_GT(totals.closed, seeds);
  EXPECT_GT(totals.deaths, seeds / 4);
}

INSTANTIATE_TEST_SUITE_P(Shard, Streets, test::all_shards());

TEST(Streets, TheSameSeedIsTheSameRun) {
  const StreetResult first = run_street({.seed = 7});
  const StreetResult again = run_street({.seed = 7});
  EXPECT_EQ(first.turns, again.turns);
  EXPECT_EQ(first.digest, again.digest);
  EXPECT_NE(first.digest, run_street({.seed = 8}).digest);
}

}  // namespace
}  // namespace tenfold::shell
