// Whether a quadratic objective is convex: only then is what HiGHS finds an optimum.
#pragma once

#include <cstdint>

#include "solver/sparse.hpp"

namespace tenfold::solver {

struct Definiteness {
  enum class Verdict : std::uint8_t { kSemidefinite, kIndefinite, kTooDense };
  Verdict verdict = Verdict::kSemidefinite;
  int column = -1;  // one of the columns that make it indefinite
};

// Whether the symmetric matrix `factor * whole` is positive semidefinite, up to rounding: each of its rows scaled so
// that its diagonal is 1, no pivot of its elimination is below -1e-10. A part with more than 5000 columns that is dense
// once the sparse ones are eliminated is too dense to say.
Definiteness find_definiteness(const Columns& whole, double factor);

}  // namespace tenfold::solver
