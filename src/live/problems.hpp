// The answers that Tenfold itself gives, one for each reason the core knows: RFC 9457 problem details.
#pragma once

#include "core/actions.hpp"
#include "http/problem.hpp"

namespace tenfold::live {

http::Problem problem_of(core::RejectReason reason);

}  // namespace tenfold::live
