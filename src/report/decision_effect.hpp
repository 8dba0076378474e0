// What a decision brought about.
#pragma once

#include <cstdint>

#include "core/actions.hpp"

namespace tenfold::report {

// Replicas that count from then on: those that it started, and those that were warm.
constexpr std::uint32_t added(const core::RecordDecision& decision) { return decision.starts + decision.enlists; }
constexpr bool changes_count(const core::RecordDecision& decision) { return added(decision) + decision.drains > 0; }

}  // namespace tenfold::report
