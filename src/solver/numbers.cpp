#include "solver/numbers.hpp"

#include <cmath>

#include <fmt/format.h>

namespace tenfold::solver {

std::optional<std::string> check_coefficient(double value) {
  if (std::abs(value) < kLargeCoefficient) return std::nullopt;
  return fmt::format("the coefficient {} is too large: HiGHS takes those below 1e15", value);
}

}  // namespace tenfold::solver
