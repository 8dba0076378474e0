// How a service ends: in steps, each of which loses nothing that the next could still serve.
#pragma once

#include <functional>

#include "core/time.hpp"
#include "http/loop.hpp"

namespace tenfold::live {

// What ends in steps.
class Endable {
 public:
  // Takes no more connections. Who has one may still send a request for `farewell`.
  virtual void close_doors(std::chrono::milliseconds farewell) = 0;
  virtual bool has_clients() const = 0;
  // What waits and runs is served within the grace; then every replica is stopped.
  virtual void end_work() = 0;
  // Whether a request waits or runs, or a replica is there.
  virtual bool has_work() const = 0;
  // How long clients may take to fetch their last answers.
  virtual core::Duration last_fetch() const = 0;

 protected:
  ~Endable() = default;
};

// On the loop's thread.
//
//   lame duck --> doors close --> farewell --> work ends --> last answers are fetched --> over
//
// In the lame duck's time all goes on as ever, for balancers that have not heard yet; it may be nothing. In the
// farewell, a moment, those who keep connections open are heard once more: a request of theirs may be on its way.
class Ending {
 public:
  // `doors_close` is called when the lame duck's time is over, `over` when all is done.
  Ending(http::Loop& loop, Endable& service, std::function<void()> doors_close, std::function<void()> over);

  // The first call counts.
  void begin(core::Duration lame_duck);
  bool has_begun() const { return has_begun_; }

 private:
  void close_doors();
  void say_farewell();
  void end_work();
  void watch();

  http::Loop& loop_;
  Endable& service_;
  std::function<void()> doors_close_;
  std::function<void()> over_;
  http::Timer timer_;
  bool has_begun_ = false;
  core::TimePoint farewell_ends_{};
  core::TimePoint done_at_ = core::kNever;
};

}  // namespace tenfold::live
