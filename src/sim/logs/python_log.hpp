// What uvicorn says of requests, by Python's logging.
#pragma once

#include <string_view>

#include "sim/logs/entry.hpp"

namespace tenfold::sim {

// A line such as
//
//   2026-02-06 12:14:14,655 INFO: 203.0.113.9:43210 - "POST /solve HTTP/1.1" 200
//
// uvicorn's own format is %(levelprefix)s %(client_addr)s - "%(request_line)s" %(status_code)s and has no time
// (uvicorn 0.54.0, uvicorn/config.py, LOGGING_CONFIG): those lines are Reading::kTimeless. With %(asctime)s before it,
// by --log-config, there is one, of this machine's time zone and without its name: it is taken for UTC, which moves all
// lines alike. The line is written when the answer's head is sent (uvicorn/protocols/http/httptools_impl.py), and does
// not say how long it took.
Reading read_python_log(std::string_view line, LogEntry& entry);

}  // namespace tenfold::sim
