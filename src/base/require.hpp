// Invariants of our own that hold in release builds too, where `assert` is off.
#pragma once

#include <source_location>

namespace tenfold {

// Ends the program with a line on stderr that says where `what` did not hold.
[[noreturn]] void end_broken(const char* what, std::source_location where);

// For what must hold wherever going on would corrupt memory or another's data. What comes from outside is not required
// but validated.
constexpr void require(bool holds, const char* what, std::source_location where = std::source_location::current()) {
  if (!holds) [[unlikely]]
    end_broken(what, where);
}

}  // namespace tenfold
