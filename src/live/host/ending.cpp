#include "live/host/ending.hpp"

#include <algorithm>
#include <utility>

#include "live/clock.hpp"

namespace tenfold::live {

namespace {

// Long beside the way of a request from a client nearby, and short for people.
constexpr std::chrono::milliseconds kFarewell{250};

// How often it is looked whether a step is done.
constexpr std::chrono::milliseconds kLook{5};

}  // namespace

Ending::Ending(http::Loop& loop, Endable& service, std::function<void()> doors_close, std::function<void()> over)
    : loop_{loop}, service_{service}, doors_close_{std::move(doors_close)}, over_{std::move(over)}, timer_{loop} {}

// From the loop: this may be called within a step of the core.
void Ending::begin(core::Duration lame_duck) {
  if (std::exchange(has_begun_, true)) return;
  timer_.expires_after(lame_duck, [this] { close_doors(); });
}

void Ending::close_doors() {
  doors_close_();
  service_.close_doors(kFarewell);
  farewell_ends_ = now(loop_) + kFarewell;
  say_farewell();
}

void Ending::say_farewell() {
  if (!service_.has_clients() || now(loop_) >= farewell_ends_) return end_work();
  timer_.expires_after(kLook, [this] { say_farewell(); });
}

void Ending::end_work() {
  service_.end_work();
  watch();
}

void Ending::watch() {
  const core::TimePoint time = now(loop_);
  if (service_.has_work()) {
    done_at_ = core::kNever;
  } else {
    done_at_ = std::min(done_at_, time);
    if (!service_.has_clients() || time - done_at_ > service_.last_fetch()) return over_();
  }
  timer_.expires_after(kLook, [this] { watch(); });
}

}  // namespace tenfold::live
