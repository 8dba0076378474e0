// The answers that Tenfold itself gives, one for each reason the core knows: RFC 9457 problem details.
#pragma once

#include <string_view>

#include "core/actions.hpp"

namespace tenfold::live {

struct Problem {
  int status = 500;
  std::string_view type;   // a URI reference that names the kind, stable for programs
  std::string_view title;  // the kind, for people
  std::string_view detail;
};

Problem problem_of(core::RejectReason reason);

}  // namespace tenfold::live
