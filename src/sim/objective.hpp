// What settings are to achieve: "p95 wait < 500ms".
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "sim/recorder.hpp"

namespace tenfold::sim {

// A bound on a statistic of the wait or of the total time.
struct Objective {
  enum class Of : std::uint8_t { kWait, kTotal };
  Of of = Of::kWait;
  double share = 0.95;  // of the percentile; 0 for the mean
  double bound_s = 0.5;
  bool is_inclusive = false;  // <=, not <
  std::string text = "p95 wait < 500ms";

  // What a run came to, in seconds. Clients that left count as later than all others, so it may be infinite.
  double measure(const Result& result) const;
  // Within the bound, with every request admitted and answered.
  bool is_met(const Result& result) const;
};

// "p95 wait < 500ms", "p99 total < 2s", "mean wait < 100ms"; also with <=. The error says what would have been right.
std::expected<Objective, std::string> parse_objective(std::string_view text);

}  // namespace tenfold::sim
