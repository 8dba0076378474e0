#include "core/scale/erlang.hpp"

#include "core/portable_math.hpp"

namespace tenfold::core {

std::uint32_t servers_for(double load, double service_s, double scv, double target_s, double share,
                          std::uint32_t most) {
  if (load <= 0 || service_s <= 0) return 0;
  if (load >= most) return most;
  double blocking = 1;  // Erlang B with n servers
  for (std::uint32_t n = 1; n < most; ++n) {
    blocking = load * blocking / (n + load * blocking);
    if (n <= load) continue;
    const double waits = blocking / (1 - load / n * (1 - blocking));
    const double late = waits * portable_exp(-(n - load) * target_s / service_s * 2 / (1 + scv));
    if (late <= share) return n;
  }
  return most;
}

std::uint32_t spares_for(double mean, double share) {
  if (mean <= 0) return 0;
  double term = portable_exp(-mean);  // P(X = s)
  double more = 1;                    // P(X >= s)
  for (std::uint32_t s = 0; s < kMaxReplicas; ++s) {
    if (more <= share) return s;
    more -= term;
    term *= mean / (s + 1);
  }
  return kMaxReplicas;
}

std::uint32_t servers_missed_soon(double load, double starts) {
  if (load <= 0) return 0;
  double ratio = 1;  // P(B < k) / P(B = k - 1)
  for (std::uint32_t k = 1; k <= kMaxReplicas; ++k) {
    if (ratio > starts) return k - 1;
    ratio = 1 + ratio * k / load;
  }
  return kMaxReplicas;
}

}  // namespace tenfold::core
