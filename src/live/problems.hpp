// The answers that Tenfold itself gives, one for each reason the core knows: RFC 9457 problem details.
#pragma once

#include <string>
#include <string_view>

#include "core/actions.hpp"
#include "http/problem.hpp"

namespace tenfold::live {

// What is said of kOutOfMemory, where a replica may take so much.
std::string out_of_memory_text(core::Bytes limit);

// `what` says more where the reason has it: what was wrong with a replica's answer, or what memory it had. Views, for
// as long as `what` lives.
http::Problem problem_of(core::RejectReason reason, std::string_view what = {});

}  // namespace tenfold::live
