#include "journal/checksum.hpp"

#include <xxhash.h>

namespace tenfold::journal {

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

}  // namespace tenfold::journal
