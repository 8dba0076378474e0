// Events and actions as words, for `journal dump` and for the first difference that a replay finds.
#pragma once

#include <string>
#include <string_view>

#include "journal/reader.hpp"

namespace tenfold::journal {

std::string to_string(const core::Event& event);
std::string to_string(const core::Action& action);
// One line; `since` is taken as the zero of its times.
std::string to_string(const Record& record, core::TimePoint since);

std::string_view to_word(core::RejectReason reason);
std::string_view to_word(core::Outcome outcome);
std::string_view to_word(core::DecisionCause cause);
std::string_view to_word(core::PolicyKind policy);
std::string_view to_word(core::RuleKind kind);
std::string_view to_word(core::Limit limit);

}  // namespace tenfold::journal
