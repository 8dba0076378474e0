#include "live/provider/start_watch.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tenfold::live {

namespace {

// The pause after a probe that did not pass: this, then twice as long each time, up to the probe's period.
constexpr core::Duration kFirstPause = std::chrono::milliseconds{20};

}  // namespace

StartWatch::StartWatch(boost::asio::io_context& loop, ServingPlaces places, HandedSocket handed,
                       const std::vector<config::Probe>& probes)
    : loop_{loop}, places_{std::move(places)}, handed_{std::move(handed)}, timer_{loop} {
  for (const auto type : {config::Probe::Type::kStartup, config::Probe::Type::kReadiness}) {
    std::ranges::copy_if(probes, std::back_inserter(probes_), [&](const auto& probe) { return probe.type == type; });
  }
}

void StartWatch::start(OnReady on_ready) {
  started_ = Clock::now();
  on_ready_ = std::move(on_ready);
  pause_ = kFirstPause;
  look();
}

void StartWatch::look_now() {
  if (on_ready_ && !call_) look();
}

void StartWatch::stop() {
  on_ready_ = nullptr;
  timer_.cancel();
  if (const auto call = std::exchange(call_, nullptr)) call->cancel();
}

void StartWatch::look() {
  const std::optional<http::Endpoint> found = serving();
  is_served_ = found.has_value();
  if (!found) return look_after(probe_pause(Clock::now() - started_));
  endpoint_ = *found;
  ask();
}

std::optional<http::Endpoint> StartWatch::serving() {
  if (!handed_) return find_serving(places_);
  if (!handed_.is_taken()) return std::nullopt;
  return http::Endpoint::unix_socket(places_.socket_path);
}

void StartWatch::look_after(core::Duration pause) {
  timer_.expires_after(pause);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && self->on_ready_ && !self->call_) self->look();
  });
}

void StartWatch::ask() {
  if (next_ == probes_.size()) {
    timer_.cancel();
    handed_.let_go();
    return std::exchange(on_ready_, nullptr)(endpoint_);
  }
  const config::Probe& probe = probes_[next_];
  const core::Duration age = Clock::now() - started_;
  if (age < probe.initial_delay) return look_after(probe.initial_delay - age);
  if (probe.path.empty()) return passed();  // it accepts, as was seen just now
  call_ = std::make_shared<ProbeCall>(loop_, endpoint_, probe);
  call_->start([weak = weak_from_this()](const ProbeCall::Result& result) {
    if (const auto self = weak.lock()) self->answered(result);
  });
}

void StartWatch::answered(const ProbeCall::Result& result) {
  call_ = nullptr;
  result ? passed() : failed(result.error());
}

void StartWatch::passed() {
  if (++passes_ < probes_[next_].success_threshold) return look_after(kFirstPause);
  ++next_;
  passes_ = 0;
  pause_ = kFirstPause;
  complaint_.clear();
  ask();
}

void StartWatch::failed(std::string complaint) {
  passes_ = 0;
  complaint_ = std::move(complaint);
  look_after(pause_);
  pause_ = std::min(2 * pause_, probes_[next_].period);
}

std::string StartWatch::missing() const {
  if (!is_served_ && handed_) return "it has taken no connection from its descriptor 3 ($LISTEN_FDS)";
  if (!is_served_) {
    return fmt::format("it listens neither on $TENFOLD_SOCKET ({}) nor on 127.0.0.1:$PORT (port {})",
                       places_.socket_path, places_.port);
  }
  if (next_ == probes_.size()) return "it has only just begun to accept connections";
  return fmt::format("{} {}", name_of(probes_[next_]), complaint_.empty() ? "has had no time to pass" : complaint_);
}

}  // namespace tenfold::live
