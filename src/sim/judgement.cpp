#include "sim/judgement.hpp"

#include <algorithm>
#include <cmath>

#include "core/portable_math.hpp"

namespace tenfold::sim {

namespace {

// The factor k of mean + k * deviation, for 95 % of the population at 90 % confidence, by Natrella's approximation.
double tolerance_factor(double n) {
  constexpr double kPopulation = 1.6448536269514722;  // the normal's 95th percentile
  constexpr double kConfidence = 1.2815515655446004;  // and its 90th
  const double a = 1 - kConfidence * kConfidence / (2 * (n - 1));
  const double b = kPopulation * kPopulation - kConfidence * kConfidence / n;
  return (kPopulation + std::sqrt(std::max(0.0, kPopulation * kPopulation - a * b))) / a;
}

bool is_bounded(const std::vector<double>& values, double bound) {
  const double n = static_cast<double>(values.size());
  double mean = 0;
  for (const double value : values) mean += value / n;
  double square = 0;
  for (const double value : values) square += (value - mean) * (value - mean);
  return mean + tolerance_factor(n) * std::sqrt(square / (n - 1)) <= bound;
}

}  // namespace

Judgement judge(const std::vector<Replication>& replications, const Objective& objective) {
  constexpr std::size_t kLeast = 5;
  Judgement made{.seeds = replications.size()};
  if (replications.empty()) return made;
  std::vector<double> costs;
  std::vector<double> measures;
  for (const Replication& one : replications) {
    costs.push_back(one.cost);
    measures.push_back(one.measure_s);
    made.met += one.is_met ? 1 : 0;
    made.mean_s += one.measure_s / static_cast<double>(replications.size());
  }
  made.cost = estimate(costs);
  made.least_s = std::ranges::min(measures);
  made.most_s = std::ranges::max(measures);
  if (made.met < made.seeds || made.seeds < kLeast) return made;
  if (made.least_s > 0) {
    std::ranges::transform(measures, measures.begin(), core::portable_log);
    made.is_met = is_bounded(measures, core::portable_log(objective.bound_s));
  } else {
    made.is_met = is_bounded(measures, objective.bound_s);
  }
  return made;
}

}  // namespace tenfold::sim
