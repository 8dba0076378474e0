// Reads LP files (CPLEX's format) as docs/solver.md says. Strict: what may be read in two ways is an error with its
// line.
#pragma once

#include <expected>
#include <string_view>

#include "solver/model.hpp"

namespace tenfold::solver {

// `text` is UTF-8.
std::expected<Model, ModelError> read_lp(std::string_view text);

// True for a word with which an LP file begins: minimize, max, ...
bool is_lp_sense(std::string_view word);

}  // namespace tenfold::solver
