#include "http/timeouts.hpp"

namespace tenfold::http {

Timed::~Timed() { TimeoutList::clear(*this); }

void TimeoutList::set(Timed& timed, std::chrono::steady_clock::time_point now) {
  if (timed.list_) {
    entries_.splice(entries_.end(), timed.list_->entries_, timed.place_);
  } else {
    timed.place_ = entries_.insert(entries_.end(), &timed);
  }
  timed.list_ = this;
  timed.due_ = now + span_;
}

void TimeoutList::expire(std::chrono::steady_clock::time_point now) {
  while (!entries_.empty() && entries_.front()->due_ <= now) {
    Timed& timed = *entries_.front();
    clear(timed);
    timed.on_timeout();
  }
}

bool TimeoutList::expire_first() {
  if (entries_.empty()) return false;
  Timed& timed = *entries_.front();
  clear(timed);
  timed.on_timeout();
  return true;
}

void TimeoutList::clear(Timed& timed) {
  if (!timed.list_) return;
  timed.list_->entries_.erase(timed.place_);
  timed.list_ = nullptr;
}

}  // namespace tenfold::http
