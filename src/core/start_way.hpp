// How a replica was started.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tenfold::core {

enum class StartWay : std::uint8_t {
  kExec,       // its program was run
  kFork,       // it is a fork of a process that had run it before, a zygote
  kFirstFork,  // the same, and it waited for its zygote to begin
};
inline constexpr std::size_t kStartWays = 3;

}  // namespace tenfold::core
