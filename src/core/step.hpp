// The step of the core under way.
#pragma once

#include "core/actions.hpp"
#include "core/time.hpp"

namespace tenfold::core {

// What time it is, and where the actions go. Owned by the Service, and seen by all of its parts.
struct Step {
  TimePoint now{};
  Actions* out = nullptr;

  void emit(const Action& action) const { out->push_back(action); }
};

}  // namespace tenfold::core
