// Random numbers: the same everywhere, of the right laws, in streams of their own.
#include "sim/random.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "core/portable_math.hpp"

namespace tenfold::sim {
namespace {

struct Moments {
  double mean = 0;
  double variance = 0;
  double skewness = 0;
};

template <class Draw>
Moments moments_of(int draws, Draw draw) {
  std::vector<double> all;
  double sum = 0;
  for (int i = 0; i < draws; ++i) sum += all.emplace_back(draw());
  Moments m{.mean = sum / draws};
  double cubes = 0;
  for (const double x : all) {
    m.variance += (x - m.mean) * (x - m.mean) / draws;
    cubes += std::pow(x - m.mean, 3) / draws;
  }
  m.skewness = cubes / std::pow(m.variance, 1.5);
  return m;
}

// The share of draws at or below x.
template <class Draw>
double share_below(int draws, double x, Draw draw) {
  int below = 0;
  for (int i = 0; i < draws; ++i) below += draw() <= x ? 1 : 0;
  return static_cast<double>(below) / draws;
}

constexpr int kDraws = 1'000'000;
// Four standard deviations of an estimated share.
double bound(double share) { return 4 * std::sqrt(share * (1 - share) / kDraws); }

TEST(Random, GivesTheSameNumbersOnEverySystem) {
  // Pinned to the last bit: seeding, generator, and the laws with their tables.
  Random random{1, 2};
  EXPECT_EQ(random.bits(), 4874811903635163452U);
  EXPECT_EQ(random.uniform(), 0x1.8b9d6ea45b7f7p-1);
  double exponentials = 0;
  double normals = 0;
  for (int i = 0; i < 100'000; ++i) {
    exponentials += random.exponential();
    normals += random.normal();
  }
  EXPECT_EQ(exponentials, 0x1.87f112d42d25p+16);
  EXPECT_EQ(normals, 0x1.77d36b7c91317p+9);
}

TEST(Random, GivesTheSameNumbersForTheSameSeedAndOthersForAnother) {
  Random a{7, 1};
  Random b{7, 1};
  Random other_seed{8, 1};
  Random other_stream{7, 2};
  const std::uint64_t first = a.bits();
  EXPECT_EQ(b.bits(), first);
  EXPECT_NE(other_seed.bits(), first);
  EXPECT_NE(other_stream.bits(), first);
  EXPECT_NE((Random{7, "arrivals"}.bits()), (Random{7, "service"}.bits()));
}

TEST(Random, NeighbouringStreamsShareNoNumbers) {
  std::vector<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    for (std::uint64_t stream = 0; stream < 64; ++stream) {
      Random random{seed, stream};
      for (int i = 0; i < 8; ++i) seen.push_back(random.bits());
    }
  }
  std::ranges::sort(seen);
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
}

TEST(Random, UniformIsUniform) {
  Random random{11};
  const Moments m = moments_of(kDraws, [&] { return random.uniform(); });
  EXPECT_NEAR(m.mean, 0.5, 0.0012);
  EXPECT_NEAR(m.variance, 1.0 / 12, 0.0004);
  for (const double x : {0.01, 0.3, 0.9}) {
    EXPECT_NEAR(share_below(kDraws, x, [&] { return random.uniform(); }), x, bound(x));
  }
}

TEST(Random, ExponentialHasItsMomentsAndItsTail) {
  Random random{12};
  const Moments m = moments_of(kDraws, [&] { return random.exponential(); });
  EXPECT_NEAR(m.mean, 1, 0.004);
  EXPECT_NEAR(m.variance, 1, 0.012);
  EXPECT_NEAR(m.skewness, 2, 0.06);
  // Within the first layers, at their seams, and beyond where the tail begins.
  for (const double x : {0.001, 0.1, 1.0, 3.0, 7.5, 8.5}) {
    const double share = 1 - std::exp(-x);
    EXPECT_NEAR(share_below(kDraws, x, [&] { return random.exponential(); }), share, bound(share)) << x;
  }
}

TEST(Random, NormalHasItsMomentsAndItsTails) {
  Random random{13};
  const Moments m = moments_of(kDraws, [&] { return random.normal(); });
  EXPECT_NEAR(m.mean, 0, 0.004);
  EXPECT_NEAR(m.variance, 1, 0.006);
  EXPECT_NEAR(m.skewness, 0, 0.01);
  for (const double x : {-3.8, -2.0, -0.5, 0.0, 0.1, 1.0, 3.5, 3.9}) {
    const double share = std::erfc(-x / std::sqrt(2.0)) / 2;
    EXPECT_NEAR(share_below(kDraws, x, [&] { return random.normal(); }), share, bound(share)) << x;
  }
}

TEST(Random, BelowReachesEveryNumberAsOften) {
  Random random{14};
  std::array<int, 7> counts{};
  for (int i = 0; i < 700'000; ++i) ++counts.at(random.below(7));
  for (const int count : counts) EXPECT_NEAR(count, 100'000, 1200);
  // Bounds beyond 32 bits: the upper half is reached.
  std::uint64_t most = 0;
  for (int i = 0; i < 100; ++i) most = std::max(most, random.below(std::uint64_t{3} << 60));
  EXPECT_GT(most, std::uint64_t{2} << 60);
  EXPECT_EQ(random.below(1), 0U);
}

TEST(PortableMath, IsWithinTwoUnitsOfTheLastPlaceOfTheTruth) {
  Random random{15};
  const auto units = [](double ours, double true_value) {
    return std::abs(ours - true_value) / (std::nextafter(std::abs(true_value), 1e308) - std::abs(true_value));
  };
  for (int i = 0; i < 200'000; ++i) {
    const double x = random.uniform() * 1400 - 700;
    EXPECT_LE(units(core::portable_exp(x), std::exp(x)), 2) << x;
    const double y = std::exp(random.uniform() * 1400 - 700);
    EXPECT_LE(units(core::portable_log(y), std::log(y)), 2) << y;
    const double turns = random.uniform();
    EXPECT_NEAR(core::portable_cos_turns(turns), std::cos(2 * 3.14159265358979323846 * turns), 1e-15) << turns;
  }
  EXPECT_EQ(core::portable_exp(0), 1);
  EXPECT_EQ(core::portable_log(1), 0);
  EXPECT_EQ(core::portable_exp(-800), 0);
  EXPECT_EQ(core::portable_cos_turns(0), 1);
  EXPECT_EQ(core::portable_cos_turns(1), 1);
}

}  // namespace
}  // namespace tenfold::sim
