#include "sim/failures.hpp"

#include "sim/spec.hpp"

namespace tenfold::sim {

std::expected<Failures, std::string> parse_failures(std::string_view text) {
  SpecReader spec = SpecReader::of_keys("--failures", text);
  Failures failures;
  failures.mean_life = spec.duration("life", core::Duration::zero());
  failures.failing_starts = spec.number("start", 0, 0, 1);
  failures.slow_starts = spec.number("slow", 0, 0, 1);
  failures.slowdown = spec.number("slowdown", 10, 1, 1e6);
  if (spec.error().empty() && !failures.has_any())
    spec.fail("nothing would fail; write life=2h, start=0.05 or slow=0.1");
  if (const std::string error = spec.error(); !error.empty()) return std::unexpected(error);
  return failures;
}

}  // namespace tenfold::sim
