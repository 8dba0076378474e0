#include "live/traces/tracing.hpp"

#include <utility>

namespace tenfold::live {

Tracing::Tracing(http::EpollLoop& loop, const TraceOptions& options, WallClock clock,
                 std::function<void(const std::string&)> say)
    : contexts_{kernel_random_bits(), options.sampler},
      collector_{loop, options},
      exporter_{loop, collector_,
                ExporterOptions{.url = options.url,
                                .frame = otlp_frame(options.resource),
                                .say = std::move(say),
                                .random = kernel_random_bits()}},
      tracer_{contexts_, exporter_, std::move(clock)} {}

}  // namespace tenfold::live
