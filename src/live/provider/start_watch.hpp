// Finds out when a starting replica is ready: it accepts a connection, from the socket that it was given if it was
// given one, and then its startup and its readiness probe pass.
//
// It looks often while a start lasts, whatever the probes' periods are: each pause is a part of the cold start.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "config/app_config.hpp"
#include "live/provider/descriptor.hpp"
#include "live/provider/handed_socket.hpp"
#include "live/provider/probe_call.hpp"
#include "live/provider/readiness.hpp"

namespace tenfold::live {

// Lives on the loop's thread. Held by a shared pointer, which its own waits share.
class StartWatch : public std::enable_shared_from_this<StartWatch> {
 public:
  using OnReady = std::function<void(const http::Endpoint&)>;

  // Of `probes`, liveness is no matter here.
  StartWatch(boost::asio::io_context& loop, ServingPlaces places, HandedSocket handed,
             const std::vector<config::Probe>& probes);

  // Looks now and from then on, until the replica is ready, which is told once, or until `stop`.
  void start(OnReady on_ready);
  // Looks now, because the replica says that it is ready.
  void look_now();
  void stop();

  // Why it is not ready yet, as the end of a sentence: "its readiness probe GET /healthz was answered 503".
  std::string missing() const;
  // Whether it accepts connections where it should.
  bool is_served() const { return is_served_; }
  // Whether that is the socket that it was given.
  bool has_handed() const { return static_cast<bool>(handed_); }

 private:
  using Clock = std::chrono::steady_clock;

  void look();
  std::optional<http::Endpoint> serving();
  void look_after(core::Duration pause);
  void ask();
  void answered(const ProbeCall::Result& result);
  void passed();
  void failed(std::string complaint);

  boost::asio::io_context& loop_;
  ServingPlaces places_;
  HandedSocket handed_;
  std::vector<config::Probe> probes_;  // those that are asked, in their order
  SteadyTimer timer_;
  Clock::time_point started_{};
  OnReady on_ready_;
  bool is_served_ = false;
  http::Endpoint endpoint_;
  std::size_t next_ = 0;  // of the probes
  std::uint32_t passes_ = 0;
  core::Duration pause_{};
  std::string complaint_;
  std::shared_ptr<ProbeCall> call_;
};

}  // namespace tenfold::live
