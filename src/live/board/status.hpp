// The live state as JSON.
#pragma once

#include <string>

#include "live/board/board.hpp"
#include "live/board/json.hpp"

namespace tenfold::live {

// So many of the last decisions and failures are told.
inline constexpr std::size_t kToldInStatus = 10;

// What /status answers.
std::string to_status(const Board& board, const core::Service& service, core::TimePoint now, std::string_view app,
                      const WallTime& wall);

}  // namespace tenfold::live
