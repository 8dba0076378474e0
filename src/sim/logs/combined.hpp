// The Common and Combined Log Formats of nginx, Apache httpd and gunicorn, with or without times behind them.
#pragma once

#include <string_view>

#include "sim/logs/entry.hpp"

namespace tenfold::sim {

// A line such as
//
//   203.0.113.9 - - [06/Feb/2026:12:14:14 +0100] "POST /solve HTTP/1.1" 200 512 "-" "curl/8.5" 0.245
//
// What stands behind it may be, in any order: numbers with a point, which are seconds ($request_time of nginx, %(L)s of
// gunicorn), a second one of which is $upstream_response_time; whole numbers, whose unit the line does not tell
// (Apache: %D microseconds, %T seconds; gunicorn: %(D)s, %(M)s, %(T)s), or both as %T/%D; and rt=, request_time=, urt=,
// uht=, upstream_response_time=, their values quoted or not. Of several upstreams' times the last one counts: it
// answered.
//
// nginx writes a line and its time when the request has ended, and $request_time reaches from the first byte that was
// read to the last one sent (nginx.org, ngx_http_log_module; 1.27). gunicorn takes the time when it writes (27.0.1,
// gunicorn/glogging.py, Logger.atoms). Apache's %t is the time at which the request was received (httpd 2.4,
// mod_log_config), of the same look: so the moment is left open here.
Reading read_combined(std::string_view line, LogEntry& entry);

}  // namespace tenfold::sim
