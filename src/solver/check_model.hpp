// What must hold of a model, whatever it was written in, so that HiGHS solves that model and no other.
#pragma once

#include <expected>

#include "solver/model.hpp"
#include "solver/sparse.hpp"

namespace tenfold::solver {

// A model that HiGHS takes as it is.
struct CheckedModel {
  Model model;  // every column and row has a name of its own; matrix and hessian are below
  Columns matrix;
  Columns hessian;  // the half with row >= column
};

// Refuses what HiGHS would solve wrongly (an objective that is not convex, a semi-continuous column without an upper
// bound, ...), and warns of what it takes otherwise than it is written.
std::expected<CheckedModel, ModelError> check_model(Model model);

}  // namespace tenfold::solver
