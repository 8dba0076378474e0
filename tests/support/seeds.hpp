// Which seeds a simulation's test runs: all of them, in shards that may run side by side, or what the caller asks for.
//
//   TENFOLD_SEED=42           this one
//   TENFOLD_SEEDS=1000000     so many: a night of them
//
//   class Streets : public testing::TestWithParam<std::uint64_t> {};
//   TEST_P(Streets, KeepEveryPromise) {
//     const std::uint64_t ran = test::for_each_seed(GetParam(), 1000, run_seed);
//     ...
//   }
//   INSTANTIATE_TEST_SUITE_P(Shard, Streets, test::all_shards());
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>

#include <gtest/gtest.h>

namespace tenfold::test {

inline constexpr std::uint64_t kShards = 4;

inline auto all_shards() { return testing::Range<std::uint64_t>(0, kShards); }

inline std::optional<std::uint64_t> number_in_environment(const char* name) {
  const char* text = std::getenv(name);
  return text ? std::optional{std::strtoull(text, nullptr, 10)} : std::nullopt;
}

// Calls `run` with each seed of the shard, of those from 1 to `last`, until an assertion fails. Returns how many that
// were: 0 when one seed was asked for, of which no sums can be expected.
template <class Run>
std::uint64_t for_each_seed(std::uint64_t shard, std::uint64_t last, Run run) {
  if (const auto one = number_in_environment("TENFOLD_SEED")) {
    run(*one);
    return 0;
  }
  last = number_in_environment("TENFOLD_SEEDS").value_or(last);
  std::uint64_t ran = 0;
  for (std::uint64_t seed = 1 + shard; seed <= last && !testing::Test::HasFatalFailure(); seed += kShards, ++ran)
    run(seed);
  return ran;
}

}  // namespace tenfold::test
