// Replicas that fail, and starts that fail or take long.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace tenfold::sim {

struct Failures {
  // How long a replica lives from ready on, exponential with this mean; zero for ever.
  core::Duration mean_life{};
  // The share of starts after which the replica exits instead of being ready.
  double failing_starts = 0;
  // The share of starts that take `slowdown` times as long.
  double slow_starts = 0;
  double slowdown = 10;

  bool has_any() const { return mean_life > core::Duration::zero() || failing_starts > 0 || slow_starts > 0; }
};

// As `--failures` takes it: `life=2h,start=0.05,slow=0.1,slowdown=10`. The error says what is wrong with it.
std::expected<Failures, std::string> parse_failures(std::string_view spec);

}  // namespace tenfold::sim
