// Which fields the framing, the connection and a proxy know by name, and which of them belong to one hop: RFC
// 9110, 7.6.1.
#pragma once

#include <string_view>

#include "http/head.hpp"

namespace tenfold::http {

// The kind of a field by its name. A name that is a known one but for an underscore is FieldKind::kDropped: CGI, WSGI
// and their heirs read both as one, so `Content_Length` would frame a message behind our back.
FieldKind field_kind(std::string_view name);

// Whether a Connection field that names `name` takes that field off the message.
//
// RFC 9110, 7.6.1 has a proxy remove what Connection names, and forbids to name what is meant for all recipients. So a
// nomination is honoured for the fields of one hop and for names that nobody has registered, and is void for every
// field that is known to frame, route, authenticate, describe or condition a message: whoever could have those removed
// behind our back could smuggle a request, or take off another one's credentials.
bool may_be_nominated(std::string_view name);

}  // namespace tenfold::http
