// HAProxy's HTTP log.
#pragma once

#include <string_view>

#include "sim/logs/entry.hpp"

namespace tenfold::sim {

// A line of `option httplog` or `option httpslog`, with or without what syslog puts before it:
//
//   10.0.1.2:33317 [06/Feb/2026:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0
//   "GET /index.html HTTP/1.1"
//
// The bracket is %tr, when the request's first byte came, without a zone: it is taken for UTC. TR/Tw/Tc/Tr/Ta are
// milliseconds, -1 where that point was not reached: the request came as a whole at %tr + TR, and the service took Tr,
// from the connection to the server until the answer's head, without the time in HAProxy's queue, Tw (HAProxy 3.0,
// configuration manual, 8.2.3 and 8.4). Up to 1.6 the bracket was the time of accept and the first timer Tq: what
// matters here is the same.
Reading read_haproxy(std::string_view line, LogEntry& entry);

}  // namespace tenfold::sim
