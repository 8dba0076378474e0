// Events and actions as words, for `journal dump` and for the first difference that a replay finds.
#pragma once

#include <string>

#include "core/words.hpp"
#include "journal/reader.hpp"

namespace tenfold::journal {

std::string to_string(const core::Event& event);
std::string to_string(const core::Action& action);
// One line; `since` is taken as the zero of its times.
std::string to_string(const Record& record, core::TimePoint since);

using core::to_word;

}  // namespace tenfold::journal
