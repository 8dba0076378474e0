// A collector that is reached over HTTP.
#pragma once

#include <memory>
#include <string>

#include "http/epoll_loop.hpp"
#include "live/metrics/getter.hpp"
#include "live/traces/exporter.hpp"
#include "live/traces/options.hpp"

namespace tenfold::live {

// Lives on the loop's thread.
class HttpCollector final : public Collector {
 public:
  HttpCollector(http::EpollLoop& loop, const TraceOptions& options);

  void post(std::string body, Done done) override;

 private:
  std::shared_ptr<Getter> getter_;
  Done done_;
};

}  // namespace tenfold::live
