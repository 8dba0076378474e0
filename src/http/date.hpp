// The Date field: RFC 9110, 6.6.1.
#pragma once

#include <string_view>

namespace tenfold::http {

// Now as an IMF-fixdate, made once a second. Valid until the same thread's next call.
std::string_view http_date();

}  // namespace tenfold::http
