// `tenfold simulate --faults --shell`: the whole service on simulated streets.
#pragma once

#include <cstdint>
#include <optional>

#include "core/time.hpp"

namespace tenfold::cli {

struct StreetsLine {
  std::uint64_t seed = 1;
  // None: as long as streets are.
  std::optional<core::Duration> duration;
  // None: the one seed, told in full. Else so many, from `seed` on; 0: until Ctrl-C.
  std::optional<std::uint64_t> seeds;
  bool is_traced = false;
};

// Prints what happened. The exit code: 0, or 1 when a promise was broken.
int run_streets(const StreetsLine& line);

}  // namespace tenfold::cli
