// Queueing theory against its own tables.
#include "core/scale/erlang.hpp"

#include <gtest/gtest.h>

namespace tenfold::core {
namespace {

// P(W > t) of M/M/n: C(n, a) exp(-(n - a) t / s), for 7.5 erlangs and a whole service time: 0.1136 with 9 servers,
// 0.0251 with 10.
TEST(Erlang, SizesAStationaryQueue) {
  EXPECT_EQ(servers_for(7.5, 0.5, 1, 0.5, 0.12), 9);
  EXPECT_EQ(servers_for(7.5, 0.5, 1, 0.5, 0.11), 10);
  EXPECT_EQ(servers_for(7.5, 0.5, 1, 0.5, 0.05), 10);
  EXPECT_EQ(servers_for(0, 0.5, 1, 0.5, 0.05), 0);
  EXPECT_LT(servers_for(7.5, 0.5, 0, 0.5, 0.05), servers_for(7.5, 0.5, 8, 0.5, 0.05)) << "variation costs servers";
}

// Of a Poisson number with mean 1, P(X >= 3) is 0.0803 and P(X >= 4) 0.0190.
TEST(Erlang, SparesAreAQuantileOfWhatComesMeanwhile) {
  EXPECT_EQ(spares_for(0, 0.05), 0);
  EXPECT_EQ(spares_for(0.04, 0.05), 1);
  EXPECT_EQ(spares_for(0.06, 0.05), 2);
  EXPECT_EQ(spares_for(1, 0.081), 3);
  EXPECT_EQ(spares_for(1, 0.08), 4);
  EXPECT_EQ(spares_for(100, 0.05), 118);  // P(X >= 118) = 0.0444, P(X >= 117) = 0.0546
}

// P(B < k) / P(B = k - 1) of a Poisson number with mean 4: 1, 1.25, 1.625, 2.21875, 3.21875.
TEST(Erlang, AServerIsMissedSoonWhereItsGapIsShorterThanAStart) {
  EXPECT_EQ(servers_missed_soon(4, 0.9), 0) << "not even the next request comes within a start";
  EXPECT_EQ(servers_missed_soon(4, 1), 1);
  EXPECT_EQ(servers_missed_soon(4, 2.2), 3);
  EXPECT_EQ(servers_missed_soon(4, 2.3), 4);
  EXPECT_EQ(servers_missed_soon(0, 5), 0);
}

}  // namespace
}  // namespace tenfold::core
