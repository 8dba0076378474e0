// Statuses: their classes and reason phrases, RFC 9110, 15 and the IANA registry.
#pragma once

#include <cstddef>
#include <string_view>

namespace tenfold::http {

// "Not Found" for 404; "Unknown" for a status without a registered phrase.
std::string_view reason_phrase(int status);

// The class of a status, 1 to 5; 0 for 0, which is none. What no class is known of counts as a server's error (RFC
// 9110, 15), so the class is an index whatever a server says.
std::size_t status_class(int status);

}  // namespace tenfold::http
