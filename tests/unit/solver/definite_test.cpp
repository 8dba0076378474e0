// Convexity: what is semidefinite is told from what is not, sparse and dense.
#include "solver/definite.hpp"

#include <random>

#include <gtest/gtest.h>

namespace tenfold::solver {
namespace {

using Verdict = Definiteness::Verdict;

Verdict judge(const std::vector<Entry>& entries, std::size_t size, double factor = 1) {
  return find_definiteness(compress(entries, size, size), factor).verdict;
}

// V V' of a random size x rank matrix, plus `shift` on the diagonal.
std::vector<Entry> gram(int size, int rank, double shift, unsigned seed) {
  std::mt19937 random{seed};
  std::normal_distribution<double> normal;
  std::vector<std::vector<double>> v(static_cast<std::size_t>(size),
                                     std::vector<double>(static_cast<std::size_t>(rank)));
  for (auto& row : v)
    for (double& value : row) value = normal(random);
  std::vector<Entry> entries;
  for (int i = 0; i < size; ++i) {
    for (int j = 0; j < size; ++j) {
      double sum = i == j ? shift : 0;
      for (std::size_t k = 0; k < static_cast<std::size_t>(rank); ++k)
        sum += v[static_cast<std::size_t>(i)][k] * v[static_cast<std::size_t>(j)][k];
      entries.push_back({i, j, sum});
    }
  }
  return entries;
}

// A chain of springs between fixed ends, whose smallest eigenvalue is just above 0.
std::vector<Entry> chain(int size, double shift) {
  std::vector<Entry> entries;
  for (int i = 0; i < size; ++i) {
    entries.push_back({i, i, 2 + shift});
    if (i + 1 == size) break;
    entries.push_back({i, i + 1, -1});
    entries.push_back({i + 1, i, -1});
  }
  return entries;
}

TEST(Definiteness, KnowsSmallMatrices) {
  EXPECT_EQ(judge({}, 3), Verdict::kSemidefinite);
  EXPECT_EQ(judge({{0, 0, 2}}, 2), Verdict::kSemidefinite);
  EXPECT_EQ(judge({{0, 0, -2}}, 2), Verdict::kIndefinite);
  EXPECT_EQ(judge({{0, 0, -2}}, 2, -1), Verdict::kSemidefinite);
  EXPECT_EQ(judge({{0, 1, 1}, {1, 0, 1}}, 2), Verdict::kIndefinite);
  EXPECT_EQ(judge({{0, 0, 1}, {0, 1, 1}, {1, 0, 1}, {1, 1, 1}}, 2), Verdict::kSemidefinite) << "singular";
  EXPECT_EQ(judge({{0, 0, 1}, {0, 1, 1.001}, {1, 0, 1.001}, {1, 1, 1}}, 2), Verdict::kIndefinite);
  EXPECT_EQ(judge({{0, 0, 1e-8}, {0, 1, 1}, {1, 0, 1}, {1, 1, 1.1e8}}, 2), Verdict::kSemidefinite) << "badly scaled";
}

TEST(Definiteness, KnowsDenseMatricesOfAnyRank) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    EXPECT_EQ(judge(gram(60, 60, 0, seed), 60), Verdict::kSemidefinite);
    EXPECT_EQ(judge(gram(60, 7, 0, seed), 60), Verdict::kSemidefinite) << "53 of its eigenvalues are 0";
    EXPECT_EQ(judge(gram(60, 7, -1e-4, seed), 60), Verdict::kIndefinite);
  }
}

TEST(Definiteness, KnowsSparseMatricesOfAnySize) {
  EXPECT_EQ(judge(chain(50'000, 0), 50'000), Verdict::kSemidefinite);
  EXPECT_EQ(judge(chain(50'000, -1e-4), 50'000), Verdict::kIndefinite);
}

}  // namespace
}  // namespace tenfold::solver
