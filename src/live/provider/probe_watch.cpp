#include "live/provider/probe_watch.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tenfold::live {

ProbeWatch::ProbeWatch(boost::asio::io_context& loop, http::Endpoint endpoint, config::Probe probe, Callbacks callbacks)
    : loop_{loop},
      endpoint_{std::move(endpoint)},
      probe_{std::move(probe)},
      callbacks_{std::move(callbacks)},
      timer_{loop} {}

void ProbeWatch::start(Clock::time_point started) {
  look_at(std::max(started + probe_.initial_delay, Clock::now() + probe_.period));
}

void ProbeWatch::stop() {
  is_stopped_ = true;
  timer_.cancel();
  if (const auto call = std::exchange(call_, nullptr)) call->cancel();
}

void ProbeWatch::look_at(Clock::time_point due) {
  due_ = due;
  timer_.expires_at(due);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && !self->is_stopped_) self->ask();
  });
}

void ProbeWatch::ask() {
  call_ = std::make_shared<ProbeCall>(loop_, endpoint_, probe_);
  call_->start([weak = weak_from_this()](const ProbeCall::Result& result) {
    if (const auto self = weak.lock()) self->answered(result);
  });
}

void ProbeWatch::answered(const ProbeCall::Result& result) {
  call_ = nullptr;
  look_at(std::max(due_ + probe_.period, Clock::now()));
  if (result.has_value() == is_passed_) {
    others_in_a_row_ = 0;
    return;
  }
  const std::uint32_t threshold = is_passed_ ? probe_.failure_threshold : probe_.success_threshold;
  if (++others_in_a_row_ < threshold) return;
  is_passed_ = !is_passed_;
  others_in_a_row_ = 0;
  if (is_passed_) return callbacks_.on_passed();
  const std::string times = threshold > 1 ? fmt::format(", {} times in a row", threshold) : "";
  callbacks_.on_failed(fmt::format("{} {}{}", name_of(probe_), result.error(), times));
}

}  // namespace tenfold::live
