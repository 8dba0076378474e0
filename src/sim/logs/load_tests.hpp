// What load generators write: k6, point by point, and Locust, second by second.
#pragma once

#include <memory>

#include "sim/logs/format.hpp"

namespace tenfold::sim {

// `k6 run --out csv=FILE`: a header from metric_name,timestamp,metric_value on, then a line for each sample. A request
// is its http_req_duration (milliseconds; sending, waiting and receiving), whose time is that of the request's end
// (k6 1.0, lib/netext/httpext, Trail); of what follows it http_req_waiting, until the answer's first byte, is taken for
// its service time. Times are seconds, or what K6_CSV_TIME_FORMAT says (Grafana k6, results output, CSV).
std::unique_ptr<LogFormat> make_k6_csv();

// `k6 run --out json=FILE`: an object a line, {"type": "Point", "metric": ..., "data": {"time", "value", "tags"}}. The
// same samples (Grafana k6, results output, JSON).
std::unique_ptr<LogFormat> make_k6_json();

// Locust's PREFIX_stats_history.csv: a row a second. Of single requests it has nothing: neither when they came nor how
// long each took. Its Total Request Count grows by those that ended since the row before, and they are given at random
// between the two; their service times are not told, because percentiles of the whole run so far, or of the last ten
// seconds, are none (Locust 2.47.0, locust/stats.py, StatsCSVFileWriter).
std::unique_ptr<LogFormat> make_locust_csv();

}  // namespace tenfold::sim
