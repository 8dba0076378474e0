// A case judged: slo as it is, beside the others at their best for this very case.
#pragma once

#include <optional>
#include <vector>

#include "policies/run.hpp"

namespace tenfold::bench {

struct Judged {
  Run slo;
  // The cheapest that is as quick: whose 95th percentile is within the target, or no worse than slo's. Of constant
  // counts; of each of the others at its defaults, tuned; nothing where none is as quick.
  std::optional<Run> constant;
  std::optional<Run> at_defaults;
  std::optional<Run> tuned;
  // Whether any of them meets the target.
  bool is_reachable = false;

  double best_s() const;  // replica-seconds of the cheapest of all; infinity where none is as quick
};

Judged judge(const Case& c);

}  // namespace tenfold::bench
