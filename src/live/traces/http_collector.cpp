#include "live/traces/http_collector.hpp"

#include <utility>

#include <fmt/format.h>

#include "live/version.hpp"

namespace tenfold::live {

namespace {

// OpenTelemetry's default.
constexpr std::chrono::seconds kTimeout{10};

// Up to the length of the body.
MetricRequest request_of(const TraceOptions& options) {
  return {.host = options.place.host,
          .port = options.place.port,
          .head = fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: tenfold/{}\r\n"
                              "Content-Type: application/json\r\n{}Connection: close\r\nContent-Length: ",
                              options.place.target, options.place.authority, kVersion, options.headers),
          .url = options.url};
}

}  // namespace

HttpCollector::HttpCollector(http::EpollLoop& loop, const TraceOptions& options)
    : getter_{std::make_shared<Getter>(loop, request_of(options), kTimeout, [this](const auto& answer) {
        const Done done = std::exchange(done_, nullptr);
        if (!answer) return done(std::unexpected(answer.error()));
        done(CollectorAnswer{.status = answer->status, .body = answer->body, .retry_after = answer->retry_after});
      })} {}

void HttpCollector::post(std::string body, Done done) {
  done_ = std::move(done);
  getter_->send(fmt::format("{}{}\r\n\r\n{}", getter_->request().head, body.size(), body));
}

}  // namespace tenfold::live
