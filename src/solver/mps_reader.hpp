// Reads MPS files, fixed and free, as docs/solver.md says. Strict: what it does not know is an error with its line, not
// left out.
#pragma once

#include <expected>
#include <string_view>

#include "solver/model.hpp"

namespace tenfold::solver {

// `text` is UTF-8.
std::expected<Model, ModelError> read_mps(std::string_view text);

}  // namespace tenfold::solver
