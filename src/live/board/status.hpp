// The live state as JSON.
#pragma once

#include <string>

#include "live/board/board.hpp"

namespace tenfold::live {

// What /status answers.
std::string to_status(const Board& board, const core::Service& service, core::TimePoint now);

}  // namespace tenfold::live
