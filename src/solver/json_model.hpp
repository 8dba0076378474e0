// A model written as JSON: docs/solver.md is the user's page.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <tenfold/json.hpp>

#include "solver/model.hpp"
#include "solver/options.hpp"

namespace tenfold::solver {

struct JsonModel {
  Model model;
  std::optional<Options> options;
};

// The model, or its errors, each at its path: the first 100 and how many more there are.
JsonModel read_json_model(std::string_view text, std::vector<json::FieldError>& errors);

}  // namespace tenfold::solver
