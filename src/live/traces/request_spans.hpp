// The spans of one request: itself, its waits, the cold starts that it waited for, and each attempt at a replica. Names
// and attributes are those of OpenTelemetry's semantic conventions for HTTP spans, 1.x, as far as there are some.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "http/head.hpp"
#include "live/exchange.hpp"
#include "live/provider/provider.hpp"
#include "live/traces/span.hpp"

namespace tenfold::live {

// A path, a method or an id that is longer stands for an attack, not for a service.
inline constexpr std::size_t kLongestTold = 1024;

// What is known of a request beside its facts.
struct TracedRequest {
  RequestTrace trace;
  std::string state;  // its tracestate, if that goes on
  core::RequestId id{};
  std::string name;  // its X-Request-Id
  std::string method;
  std::string path;
  std::string query;
  std::string client;
  std::string user_agent;
  std::string version;  // of HTTP
  std::string klass;    // the name of its class; empty for none
  // Tenfold itself answered it: why, a word of the core's, and when that was decided.
  std::string_view why;
  core::TimePoint rejected{};
  core::TimePoint left{};  // when its client left before its answer's end; zero: it did not
};

// From its head.
TracedRequest traced_request(const http::Head& head);

// Where a replica serves, and when it became ready. Null: it is not known any more.
struct TracedReplica {
  ReplicaAddress address;
  core::TimePoint ready{};
};

struct SpanSources {
  std::function<SpanId()> next_span;
  std::function<const TracedReplica*(core::ReplicaId replica)> replica;
  // What the wall clock shows at the zero of the core's.
  std::chrono::nanoseconds wall_zero{};
};

// Of a request that ended at `ended`. Its own span comes first.
std::vector<Span> spans_of(const TracedRequest& request, const ExchangeFacts& facts, core::TimePoint ended,
                           const SpanSources& sources);

}  // namespace tenfold::live
