// The Date field: RFC 9110, 6.6.1.
#pragma once

#include <ctime>
#include <string_view>

namespace tenfold::http {

// `now`, in seconds since 1970, as an IMF-fixdate; made once a second. Valid until the same thread's next call.
std::string_view http_date(std::time_t now);

}  // namespace tenfold::http
