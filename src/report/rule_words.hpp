// What a policy measured and what that asks for, in words; the front half of a decision's sentence.
#pragma once

#include <string>

#include "core/actions.hpp"
#include "core/settings.hpp"
#include "core/time.hpp"

namespace tenfold::report {

// "100 requests arrived in the past 15 s, 6.67 a second; at 10 for each replica that asks for 1".
std::string rule_text(const core::RecordDecision& decision, const core::Settings& settings, core::TimePoint zero);

// Whether it is about the requests and replicas themselves, as of per-request and mostly of slo, and not about a rule.
bool is_about_queue(const core::RecordDecision& decision);

// The name of the decision's rule; empty for the default rule and where there is none.
std::string rule_name(const core::RecordDecision& decision, const core::Settings& settings);

// Whether the decision rests on Azure's documented http formula, which divides arrivals by the window's seconds; and
// the arrivals that it counted.
bool is_azure_rate(const core::RecordDecision& decision, const core::Settings& settings);
std::uint64_t counted_arrivals(const core::RecordDecision& decision, const core::Settings& settings);

}  // namespace tenfold::report
