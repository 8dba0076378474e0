// All that a live service needs to be traced.
#pragma once

#include <functional>
#include <string>

#include "http/epoll_loop.hpp"
#include "live/traces/http_collector.hpp"
#include "live/traces/options.hpp"
#include "live/traces/tracer.hpp"

namespace tenfold::live {

// Lives on the loop's thread.
class Tracing {
 public:
  // `say` tells the operator a sentence.
  Tracing(http::EpollLoop& loop, const TraceOptions& options, WallClock clock,
          std::function<void(const std::string&)> say);
  Tracing(const Tracing&) = delete;
  Tracing& operator=(const Tracing&) = delete;

  TraceContexts& contexts() { return contexts_; }
  Observer& tracer() { return tracer_; }
  const SpanCounters& counters() const { return exporter_.counters(); }

  // Sends what there is, for a second at most, then calls `done`, maybe from within.
  void finish(http::Loop::Task done) { exporter_.finish(std::move(done)); }

 private:
  TraceContexts contexts_;
  HttpCollector collector_;
  Exporter exporter_;
  Tracer tracer_;
};

}  // namespace tenfold::live
