// Variables of the process's own environment.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace tenfold {

// Nothing if it is not set. Not while another thread sets one.
inline std::optional<std::string> environment_variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value ? std::optional<std::string>{value} : std::nullopt;
}

}  // namespace tenfold
