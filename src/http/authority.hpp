// Who is asked: the host and port of a Host field or of a URL (RFC 3986, 3.2).
#pragma once

#include <string_view>

namespace tenfold::http {

// Whether `text` is `host` or `host:port`, where the host is a registered name, an IPv4 address or an IP literal in
// brackets, and not empty (RFC 9110, 4.2.1). The port may be: `a:` is lawful.
bool is_authority(std::string_view text);

}  // namespace tenfold::http
