// Which Tenfold this is.
#pragma once

#include <string_view>

namespace tenfold::live {

inline constexpr std::string_view kVersion = TENFOLD_VERSION;

}  // namespace tenfold::live
