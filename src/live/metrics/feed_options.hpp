// What every feed of a metric knows of its rule.
#pragma once

#include <cstdint>
#include <string>

#include "core/time.hpp"

namespace tenfold::live {

struct FeedOptions {
  std::uint32_t rule = 0;
  std::string name;
  // From question to question, and how long an answer may take.
  core::Duration interval{};
  core::Duration timeout{};
  // How long a value counts when no newer one comes.
  core::Duration keep{};
};

}  // namespace tenfold::live
