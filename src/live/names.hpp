// The names of choices, as the configuration writes them.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "core/settings.hpp"

namespace tenfold::live {

constexpr std::string_view name_of(core::PolicyKind policy) {
  constexpr std::array<std::string_view, core::kPolicyKinds> kNames{"aca", "hpa", "knative", "slo"};
  return kNames[static_cast<std::size_t>(policy)];
}

constexpr std::string_view name_of(core::RuleKind kind) {
  constexpr std::array<std::string_view, 8> kNames{"http", "tcp",       "cpu",    "memory",
                                                   "rps",  "queueWait", "custom", "schedule"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace tenfold::live
