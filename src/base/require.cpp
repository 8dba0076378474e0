#include "base/require.hpp"

#include <cstdio>
#include <cstdlib>

namespace tenfold {

void end_broken(const char* what, std::source_location where) {
  std::fprintf(stderr, "tenfold: %s does not hold (%s:%u)\n", what, where.file_name(),
               static_cast<unsigned>(where.line()));
  std::abort();
}

}  // namespace tenfold
