// Asks a replica that has become ready, by one of its probes, for as long as it serves.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "config/app_config.hpp"
#include "live/provider/descriptor.hpp"
#include "live/provider/probe_call.hpp"

namespace tenfold::live {

// As the kubelet of Kubernetes does: a probe that passed fails when as many answers in a row as its failure threshold
// are bad, one that failed passes when as many as its success threshold are good. Lives on the loop's thread. Held by a
// shared pointer, which its own waits share.
class ProbeWatch : public std::enable_shared_from_this<ProbeWatch> {
 public:
  using Clock = std::chrono::steady_clock;
  struct Callbacks {
    // `why` is a sentence without its end: "its readiness probe GET /healthz was answered 503, 3 times in a row".
    std::function<void(const std::string& why)> on_failed;
    std::function<void()> on_passed;
  };

  ProbeWatch(boost::asio::io_context& loop, http::Endpoint endpoint, config::Probe probe, Callbacks callbacks);

  // The probe counts as passed now; it is asked for the first time after a period, and not before its initial delay
  // after `started`.
  void start(Clock::time_point started);
  // Neither callback comes any more.
  void stop();

 private:
  void look_at(Clock::time_point due);
  void ask();
  void answered(const ProbeCall::Result& result);

  boost::asio::io_context& loop_;
  http::Endpoint endpoint_;
  config::Probe probe_;
  Callbacks callbacks_;
  SteadyTimer timer_;
  Clock::time_point due_{};
  bool is_passed_ = true;
  bool is_stopped_ = false;
  std::uint32_t others_in_a_row_ = 0;  // answers that say the opposite
  std::shared_ptr<ProbeCall> call_;
};

}  // namespace tenfold::live
