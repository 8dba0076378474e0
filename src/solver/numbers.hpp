// Which numbers HiGHS takes as they are.
#pragma once

#include <optional>
#include <string>

namespace tenfold::solver {

inline constexpr double kTooLarge = 1e20;          // a bound of this size is none
inline constexpr double kLargeCoefficient = 1e15;  // HiGHS refuses a matrix with such an entry
inline constexpr double kSmallCoefficient =
    1e-12;  // HiGHS takes a smaller entry for 0, and this is the least it can be told

// Why `value` cannot stand in a cost or in a matrix, if so.
std::optional<std::string> check_coefficient(double value);

}  // namespace tenfold::solver
