// Timeouts of many connections without a timer for each: setting one is moving a list's node.
#pragma once

#include <chrono>
#include <list>

namespace tenfold::http {

class TimeoutList;

// Something that may time out; it stands in at most one list.
class Timed {
 public:
  Timed() = default;
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

  virtual void on_timeout() = 0;

 protected:
  virtual ~Timed();

 private:
  friend class TimeoutList;
  TimeoutList* list_ = nullptr;
  std::list<Timed*>::iterator place_;
  std::chrono::steady_clock::time_point due_;
};

// Those with the same span, in the order of their deadlines, which is the order in which they were set.
class TimeoutList {
 public:
  explicit TimeoutList(std::chrono::milliseconds span) : span_{span} {}
  TimeoutList(const TimeoutList&) = delete;
  TimeoutList& operator=(const TimeoutList&) = delete;

  std::chrono::milliseconds span() const { return span_; }
  // `timed` times out a span after `now`, and no longer in any other list.
  void set(Timed& timed, std::chrono::steady_clock::time_point now);
  // Calls on_timeout of all that are due; each is out of the list by then.
  void expire(std::chrono::steady_clock::time_point now);
  // Calls on_timeout of the one that was set first, before its time. False when there is none.
  bool expire_first();

  static void clear(Timed& timed);

 private:
  std::chrono::milliseconds span_;
  std::list<Timed*> entries_;
};

}  // namespace tenfold::http
