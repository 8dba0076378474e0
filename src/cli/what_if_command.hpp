// `tenfold what-if` as the live page has it run.
#pragma once

#include <filesystem>

#include "live/what_if/question.hpp"

namespace tenfold::cli {

live::WhatIfCommand what_if_command(const std::filesystem::path& journal, const live::WhatIfQuestion& question,
                                    const live::WhatIfTimes& times);

}  // namespace tenfold::cli
