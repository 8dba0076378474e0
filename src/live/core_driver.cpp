#include "live/core_driver.hpp"

#include <algorithm>
#include <variant>

namespace tenfold::live {

CoreDriver::CoreDriver(http::Loop& loop, const core::Settings& settings, ActionHandler& handler,
                       const Observers& observers)
    : loop_{loop}, service_{settings}, handler_{handler}, observers_{observers}, timer_{loop} {}

void CoreDriver::handle(core::TimePoint time, const core::Event& event) {
  pending_.push_back({time, event});
  if (is_stepping_) return;
  is_stepping_ = true;
  for (std::size_t i = 0; i < pending_.size(); ++i) step(Pending{pending_[i]});
  pending_.clear();
  is_stepping_ = false;
  arm();
}

void CoreDriver::step(const Pending& pending) {
  last_ = std::max(last_, pending.time);
  observers_.tell(&Observer::stepping, service_);
  service_.handle(last_, pending.event, actions_);
  observers_.tell(&Observer::stepped, last_, pending.event, actions_, service_);
  for (const core::Action& action : actions_) {
    std::visit([this](const auto& a) { handler_.carry_out(last_, a); }, action);
  }
  actions_.clear();
}

void CoreDriver::arm() {
  const core::TimePoint deadline = service_.next_deadline();
  if (deadline >= armed_for_) return;
  armed_for_ = deadline;
  timer_.expires_at(to_loop_time(armed_for_), [this] { on_timer(); });
}

void CoreDriver::on_timer() {
  armed_for_ = core::kNever;
  if (service_.next_deadline() <= now(loop_)) return handle(core::TimerDue{});
  arm();
}

}  // namespace tenfold::live
