// Reason phrases: RFC 9110, 15 and the IANA registry.
#pragma once

#include <string_view>

namespace tenfold::http {

// "Not Found" for 404; "Unknown" for a status without a registered phrase.
std::string_view reason_phrase(int status);

}  // namespace tenfold::http
